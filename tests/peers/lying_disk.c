/* A disk that lies, or fails, preloaded into a hub. For the negative controls of the crash tests it says that what it was told is durable:
 *
 *   OCF_LYING_DISK=sync    every sync succeeds and does nothing: a power cut loses what the kernel had not written by itself
 *   OCF_LYING_DISK=write   so do the first writes to a write-ahead log (*.log): a killed process takes them with it
 *
 *   OCF_FAILING_SYNC=file  while there is such a file every sync fails, although what was written is there
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { kept_max = 64 * 1024 }; /* of one file; then all of it is written at once */

static struct {
  int file;
  size_t size;
  char bytes[kept_max];
} kept = {.file = -1};
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int lies(const char* about) {
  const char* told = getenv("OCF_LYING_DISK");
  return told != NULL && strcmp(told, about) == 0;
}

static int is_log(int file) {
  char link[64];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof path);
  return size > 4 && memcmp(path + size - 4, ".log", 4) == 0 && strstr(path, "hub.log") == NULL;
}

static ssize_t raw_write(int file, const void* bytes, size_t size) { return syscall(SYS_write, file, bytes, size); }

/* What is kept is written when there is too much of it, or when another file's turn comes. */
static void let_go(void) {
  for (size_t at = 0; at < kept.size;) {
    const ssize_t written = raw_write(kept.file, kept.bytes + at, kept.size - at);
    if (written < 0 && errno != EINTR) abort();
    if (written > 0) at += (size_t)written;
  }
  kept.size = 0;
}

ssize_t write(int file, const void* bytes, size_t size) {
  if (file <= 2 || !lies("write") || !is_log(file)) return raw_write(file, bytes, size);
  pthread_mutex_lock(&mutex);
  if (kept.file != file || kept.size + size > kept_max) let_go();
  kept.file = file;
  ssize_t result = (ssize_t)size;
  if (size > kept_max) {
    result = raw_write(file, bytes, size);
  } else {
    memcpy(kept.bytes + kept.size, bytes, size);
    kept.size += size;
  }
  pthread_mutex_unlock(&mutex);
  return result;
}

int close(int file) {
  pthread_mutex_lock(&mutex);
  if (kept.file == file) {
    let_go();
    kept.file = -1;
  }
  pthread_mutex_unlock(&mutex);
  return (int)syscall(SYS_close, file);
}

static int sync_by(long call, int file) {
  const char* failing = getenv("OCF_FAILING_SYNC");
  if (failing != NULL && access(failing, F_OK) == 0) {
    errno = EIO;
    return -1;
  }
  return lies("sync") || lies("write") ? 0 : (int)syscall(call, file);
}

int fsync(int file) { return sync_by(SYS_fsync, file); }
int fdatasync(int file) { return sync_by(SYS_fdatasync, file); }
int sync_file_range(int file, off64_t from, off64_t size, unsigned flags) {
  return lies("sync") ? 0 : (int)syscall(SYS_sync_file_range, file, from, size, flags);
}
