// Kills the process that it is loaded into (LD_PRELOAD) at one of its calls: a write to a file, a sync, or a rename or removal,
// counted over all threads from the moment on at which tests/crash/run arms it. The order is a file of three ints, mapped by both:
//
//   kind   0: nothing; 1: write; 2: sync; 3: rename, unlink
//   left   the call that brings this to 0 is the last
//   torn   a write that is the last does half of its bytes
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct Order {
  int kind, left, torn;
};
static struct Order* order;

__attribute__((constructor)) static void begin(void) {
  const char* path = getenv("KILL_AT");
  const int file = path == NULL ? -1 : open(path, O_RDWR);
  if (file < 0) return;
  void* memory = mmap(NULL, sizeof(struct Order), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory != MAP_FAILED) order = memory;
}

static int is_the_last(int kind) {
  if (order == NULL || __atomic_load_n(&order->kind, __ATOMIC_ACQUIRE) != kind) return 0;
  return __atomic_sub_fetch(&order->left, 1, __ATOMIC_ACQ_REL) == 0;
}
static void end(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}
static int is_file(int fd) {
  struct stat found;
  return order != NULL && order->kind == 1 && fd > STDERR_FILENO && fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void* bytes, size_t size) {
  if (is_file(fd) && is_the_last(1)) {
    if (order->torn) REAL(write)(fd, bytes, size / 2);
    end();
  }
  return REAL(write)(fd, bytes, size);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  if (is_file(fd) && is_the_last(1)) {
    if (order->torn) REAL(pwrite64)(fd, bytes, size / 2, at);
    end();
  }
  return REAL(pwrite64)(fd, bytes, size, at);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) { return pwrite64(fd, bytes, size, at); }
ssize_t writev(int fd, const struct iovec* parts, int count) {
  if (is_file(fd) && is_the_last(1)) end();
  return REAL(writev)(fd, parts, count);
}

// Before the call: what it would have made durable is not.
int fsync(int fd) {
  if (is_the_last(2)) end();
  return REAL(fsync)(fd);
}
int fdatasync(int fd) {
  if (is_the_last(2)) end();
  return REAL(fdatasync)(fd);
}
int sync_file_range(int fd, off64_t from, off64_t size, unsigned flags) {
  if (is_the_last(2)) end();
  return REAL(sync_file_range)(fd, from, size, flags);
}

int rename(const char* from, const char* to) {
  if (is_the_last(3)) end();
  return REAL(rename)(from, to);
}
int unlink(const char* path) {
  if (is_the_last(3)) end();
  return REAL(unlink)(path);
}
