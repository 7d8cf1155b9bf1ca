// What autograd asks about the devices that fake tensors say they are on. Preloaded, it answers in
// place of libc10_cuda.so, and by its soname in place of the driver, which need not be there.

// As many as an index can number, but only while a backward pass runs: else torch would start CUDA.
static volatile signed char devices = 0;
extern "C" void pretend_devices(signed char count) { devices = count; }

namespace c10 { namespace cuda {
signed char device_count() noexcept { return devices; }
bool hasPrimaryContext(signed char) { return false; }
} }

extern "C" int cuDevicePrimaryCtxGetState(int, unsigned* flags, int* active) {
  *flags = 0;
  *active = 0;
  return 0;
}
