"use strict";
// The frontier tells of a point that is pointed at; the figure stays for paper, and where this fails.
for (const place of document.querySelectorAll(".chart")) {
  const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const options = { actions: false, renderer: "svg", ast: true, tooltip: { theme: isDark ? "dark" : "light" } };
  place.hidden = false;
  vegaEmbed(place, spec, options).then(
    () => place.closest("figure").classList.add("live"),
    (error) => { place.hidden = true; console.error(error); },
  );
}
