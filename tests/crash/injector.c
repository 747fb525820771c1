/* Counts the calls by which a process changes files below one folder, and lets one of them go wrong.
 *
 * Preloaded into an interpreter, it stands between everything in it (CPython, SQLite, numpy, FAISS) and the C library.
 * Nothing happens until a process arms it; children that run another program are unarmed again. Built by injector.py,
 * which holds the meaning of the arguments.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum how { NOTHING, KILL_BEFORE, KILL_TORN, KILL_AFTER, FAIL_ONCE, FAIL_FROM, SHORT };
enum kind { GROWS, SHRINKS, SYNCS };

static struct {
    char folder[PATH_MAX];
    size_t length;
    long call;
    enum how how;
    int error;
    int trace;
    long now;
    long count;
} plan;

static void die(void) {
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) pause();
}

/* folder: absolute, without links. call: from 1 on. trace: descriptor that gets a line per call, or -1. */
void crash_arm(const char *folder, long call, int how, int error, int trace) {
    plan.length = strlen(folder);
    memcpy(plan.folder, folder, plan.length + 1);
    plan.call = call, plan.how = how, plan.error = error, plan.trace = trace;
    __atomic_store_n(&plan.count, 0, __ATOMIC_SEQ_CST);
}

/* Wall clocks stand still at this second of the epoch; 0 lets them go. */
void crash_set_clock(long now) { plan.now = now; }

/* Processes whose parents die become children of this one. */
int crash_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1); }

static int below(const char *path) {
    return !strncmp(path, plan.folder, plan.length) && (path[plan.length] == '/' || !path[plan.length]);
}

static int name_of_descriptor(int descriptor, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return length > 0;
}

static int name_at(int folder, const char *name, char *path) {
    if (name[0] == '/') return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX;
    char base[PATH_MAX];
    if (folder == AT_FDCWD ? !getcwd(base, sizeof base) : !name_of_descriptor(folder, base)) return 0;
    return snprintf(path, PATH_MAX, "%s/%s", base, name) < PATH_MAX;
}

/* What is to become of a call: NOTHING lets it pass; KILL_BEFORE does not come back. */
static enum how fate(const char *operation, const char *path, enum kind kind) {
    if (!plan.length || !below(path)) return NOTHING;
    long number = __atomic_add_fetch(&plan.count, 1, __ATOMIC_SEQ_CST);
    if (plan.trace >= 0) {
        char line[PATH_MAX + 64];
        int length = snprintf(line, sizeof line, "%s\t%s\n", operation, path);
        syscall(SYS_write, plan.trace, line, length);
    }
    if (plan.how == FAIL_FROM && number >= plan.call)
        return plan.error == ENOSPC && kind != GROWS ? NOTHING : FAIL_ONCE; /* a full disk still deletes */
    if (number != plan.call) return NOTHING;
    if (plan.how == KILL_BEFORE) die();
    return plan.how;
}

static enum how fate_of_descriptor(const char *operation, int descriptor, enum kind kind) {
    char path[PATH_MAX];
    if (!plan.length || !name_of_descriptor(descriptor, path)) return NOTHING;
    return fate(operation, path, kind);
}

static enum how fate_at(const char *operation, int folder, const char *name, enum kind kind) {
    char path[PATH_MAX];
    if (!plan.length || !name_at(folder, name, path)) return NOTHING;
    return fate(operation, path, kind);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* A call that does not write bytes: all of it or nothing. */
#define WHOLE(type, outcome, call)                       \
    do {                                                 \
        enum how how = (outcome);                        \
        if (how == KILL_TORN) die();                     \
        if (how == FAIL_ONCE) return errno = plan.error, -1; \
        type result = (call);                            \
        if (how == KILL_AFTER) die();                    \
        return result;                                   \
    } while (0)

/* A call that writes bytes, of which half may arrive. */
#define BYTES(descriptor, size, call)                                    \
    do {                                                                 \
        enum how how = fate_of_descriptor("write", descriptor, GROWS);   \
        if (how == FAIL_ONCE) return errno = plan.error, -1;             \
        if ((how == KILL_TORN || how == SHORT) && size > 1) size /= 2;   \
        ssize_t result = (call);                                         \
        if (how == KILL_TORN || how == KILL_AFTER) die();                \
        return result;                                                   \
    } while (0)

ssize_t write(int descriptor, const void *bytes, size_t size) {
    BYTES(descriptor, size, REAL(write)(descriptor, bytes, size));
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
    BYTES(descriptor, size, REAL(pwrite)(descriptor, bytes, size, offset));
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
    BYTES(descriptor, size, REAL(pwrite64)(descriptor, bytes, size, offset));
}

/* Buffers of C streams reach the disk through no symbol, so every write to one is made a write to the disk. */
size_t fwrite(const void *bytes, size_t size, size_t count, FILE *stream) {
    enum how how = fate_of_descriptor("write", fileno(stream), GROWS);
    if (how == FAIL_ONCE) return errno = plan.error, 0;
    size_t written = REAL(fwrite)(bytes, size, how == KILL_TORN ? count / 2 : count, stream);
    if (plan.length) fflush(stream);
    if (how == KILL_TORN || how == KILL_AFTER) die();
    return written;
}

static int is_new(int flags) { return flags & (O_CREAT | O_TRUNC); }

#define OPEN(name, folder, parameters, arguments)                                              \
    int name parameters {                                                                      \
        va_list rest;                                                                          \
        va_start(rest, flags);                                                                 \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                \
        va_end(rest);                                                                          \
        if (!is_new(flags)) return REAL(name) arguments;                                       \
        WHOLE(int, fate_at("create", folder, path, GROWS), REAL(name) arguments);              \
    }

OPEN(open, AT_FDCWD, (const char *path, int flags, ...), (path, flags, mode))
OPEN(open64, AT_FDCWD, (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, folder, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))
OPEN(openat64, folder, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))

#define FOPEN(name)                                                                   \
    FILE *name(const char *path, const char *mode) {                                  \
        enum how how = strchr("wa", mode[0]) ? fate_at("create", AT_FDCWD, path, GROWS) : NOTHING; \
        if (how == KILL_TORN) die();                                                  \
        if (how == FAIL_ONCE) return errno = plan.error, NULL;                        \
        FILE *stream = REAL(name)(path, mode);                                        \
        if (how == KILL_AFTER) die();                                                 \
        return stream;                                                                \
    }

FOPEN(fopen)
FOPEN(fopen64)

int ftruncate(int descriptor, off_t size) {
    WHOLE(int, fate_of_descriptor("truncate", descriptor, SHRINKS), REAL(ftruncate)(descriptor, size));
}

int ftruncate64(int descriptor, off64_t size) {
    WHOLE(int, fate_of_descriptor("truncate", descriptor, SHRINKS), REAL(ftruncate64)(descriptor, size));
}

int fsync(int descriptor) {
    WHOLE(int, fate_of_descriptor("sync", descriptor, SYNCS), REAL(fsync)(descriptor));
}

int fdatasync(int descriptor) {
    WHOLE(int, fate_of_descriptor("sync", descriptor, SYNCS), REAL(fdatasync)(descriptor));
}

int rename(const char *from, const char *to) {
    WHOLE(int, fate_at("rename", AT_FDCWD, to, SHRINKS), REAL(rename)(from, to));
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags) {
    WHOLE(int, fate_at("rename", to_folder, to, SHRINKS), REAL(renameat2)(from_folder, from, to_folder, to, flags));
}

int link(const char *from, const char *to) {
    WHOLE(int, fate_at("link", AT_FDCWD, to, GROWS), REAL(link)(from, to));
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    WHOLE(int, fate_at("link", to_folder, to, GROWS), REAL(linkat)(from_folder, from, to_folder, to, flags));
}

int unlink(const char *path) {
    WHOLE(int, fate_at("unlink", AT_FDCWD, path, SHRINKS), REAL(unlink)(path));
}

int unlinkat(int folder, const char *path, int flags) {
    WHOLE(int, fate_at("unlink", folder, path, SHRINKS), REAL(unlinkat)(folder, path, flags));
}

int rmdir(const char *path) {
    WHOLE(int, fate_at("rmdir", AT_FDCWD, path, SHRINKS), REAL(rmdir)(path));
}

int mkdir(const char *path, mode_t mode) {
    WHOLE(int, fate_at("mkdir", AT_FDCWD, path, GROWS), REAL(mkdir)(path, mode));
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (plan.now && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        *time = (struct timespec){plan.now, 0};
        return 0;
    }
    return REAL(clock_gettime)(clock, time);
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    if (!plan.now) return REAL(gettimeofday)(time, zone);
    *time = (struct timeval){plan.now, 0};
    return 0;
}

time_t time(time_t *result) {
    if (!plan.now) return REAL(time)(result);
    if (result) *result = plan.now;
    return plan.now;
}
