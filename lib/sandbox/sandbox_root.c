#ifdef GV_LINUX

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "sandbox/sandbox_internal.h"
#include "sys/file.h"

/*
 * A new root file system in memory: programs and libraries of the system to be
 * read, /etc with a few files in it, /proc of the new processes, a /dev of a
 * few devices, and empty folders that can be written. Nothing of this host's
 * /home, /root, /run, /var and /etc, so no socket and no key.
 */

#define BASE "/tmp" /* where it is mounted before it is the root */

static const char *const folders[] = { "/usr", "/etc", "/proc", "/dev", "/tmp",
	"/home", "/work", "/var", "/var/tmp", "/var/lib", "/var/log",
	"/var/cache", "/run", "/old", "/etc/ssl", "/dev/shm", "/space", NULL };

/* What can be written is together one file system, of the space that is given.
 * Servers that only test their configuration write to /run and below /var, too.
 */
static const char *const writable[] = { "/work", "/home", "/tmp", "/var/tmp",
	"/var/lib", "/var/log", "/var/cache", "/run", "/dev/shm", NULL };

/* Of this host, to be read; those that are missing are left out. */
static const char *const shared[] = { "/usr", "/bin", "/sbin", "/lib", "/lib32",
	"/lib64", "/libx32", "/etc/alternatives", "/etc/ld.so.cache",
	"/etc/ssl/certs", "/etc/ca-certificates", "/etc/localtime",
	"/etc/protocols", "/etc/services", NULL };

static const char *const devices[] = { "null", "zero", "full", "random",
	"urandom", NULL };

static const struct {
	const char *path, *text;
} files[] = {
	{ BASE "/etc/passwd",
	    "nobody:x:65534:65534:nobody:/home:/usr/sbin/nologin\n" },
	{ BASE "/etc/group", "nogroup:x:65534:\n" },
	{ BASE "/etc/hosts", "127.0.0.1 localhost sandbox\n" },
	{ BASE "/etc/nsswitch.conf",
	    "passwd: files\ngroup: files\n"
	    "hosts: files dns\n" },
};

/* What a mount of the host forbids must stay so. */
static unsigned long
locked_flags(const char *path)
{
	struct statvfs st;
	unsigned long flags = 0;

	if (statvfs(path, &st) < 0)
		return 0;
	flags |= st.f_flag & ST_NODEV ? MS_NODEV : 0;
	flags |= st.f_flag & ST_NOEXEC ? MS_NOEXEC : 0;
	flags |= st.f_flag & ST_NOATIME ? MS_NOATIME : 0;
	flags |= st.f_flag & ST_NODIRATIME ? MS_NODIRATIME : 0;
	flags |= st.f_flag & ST_RELATIME ? MS_RELATIME : 0;
	return flags;
}

static int
bind_path(const char *from, const char *to, bool is_device)
{
	const unsigned long read_only = is_device ? 0 : MS_RDONLY | MS_NODEV;

	if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0 ||
	    mount(NULL, to, NULL,
		MS_REMOUNT | MS_BIND | MS_NOSUID | read_only |
		    locked_flags(from),
		NULL) < 0)
		return gv_err_sys("cannot mount %s in a sandbox", from);
	return 0;
}

/* A file or folder to mount over, with the folders above it. */
static int
make_target(const char *path, bool is_dir)
{
	struct gv_buf parent = GV_BUF_INIT;
	int fd, r;

	if (is_dir)
		return gv_file_mkdirs(AT_FDCWD, path, 0755);
	gv_buf_add(&parent, path, (size_t)(strrchr(path, '/') - path));
	if ((r = gv_buf_check(&parent)) == 0 &&
	    (r = gv_file_mkdirs(AT_FDCWD, parent.p, 0755)) == 0) {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0)
			r = gv_err_sys("cannot make %s in a sandbox", path);
		gv_file_close(fd);
	}
	gv_buf_release(&parent);
	return r;
}

/* A link of the host, such as /lib, stays a link. */
static int
share(const char *path, bool is_device)
{
	struct gv_buf to = GV_BUF_INIT;
	struct stat st;
	char target[256];
	ssize_t n;
	int r;

	if (lstat(path, &st) < 0)
		return 0;
	gv_buf_addf(&to, BASE "%s", path);
	if ((r = gv_buf_check(&to)) < 0)
		return r;
	n = S_ISLNK(st.st_mode) ? readlink(path, target, sizeof(target) - 1)
				: -1;
	if (n > 0 && *target != '/') {
		target[n] = '\0';
		if (symlink(target, to.p) < 0)
			r = gv_err_sys("cannot make %s in a sandbox", path);
	} else if (stat(path, &st) == 0) {
		if ((r = make_target(to.p, S_ISDIR(st.st_mode))) == 0)
			r = bind_path(path, to.p, is_device);
	}
	gv_buf_release(&to);
	return r;
}

static int
make_files(void)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(files) / sizeof(*files); i++)
		r = gv_file_write_over(AT_FDCWD, files[i].path, files[i].text,
		    strlen(files[i].text), 0644);
	return r;
}

static int
make_devices(void)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", BASE "/dev/fd" },
		{ "/proc/self/fd/0", BASE "/dev/stdin" },
		{ "/proc/self/fd/1", BASE "/dev/stdout" },
		{ "/proc/self/fd/2", BASE "/dev/stderr" },
	};
	char path[32];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && devices[i]; i++) {
		(void)snprintf(path, sizeof(path), "/dev/%s", devices[i]);
		r = share(path, true);
	}
	for (i = 0; r == 0 && i < sizeof(links) / sizeof(*links); i++)
		if (symlink(links[i][0], links[i][1]) < 0)
			r = gv_err_sys("cannot make %s", links[i][1]);
	return r;
}

/* Only this machine answers, to whom the sandbox is the machine. */
static void
raise_loopback(void)
{
	struct ifreq req = { .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(req.ifr_name, "lo", 3);
	if (fd >= 0)
		(void)ioctl(fd, SIOCSIFFLAGS, &req);
	gv_file_close(fd);
}

static int
make_base(void)
{
	char path[64];
	size_t i;

	/* the process that waits for us keeps what it sees */
	if (unshare(CLONE_NEWNS) < 0)
		return gv_err_sys("a sandbox gets no mounts of its own");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", BASE, "tmpfs", MS_NOSUID | MS_NODEV,
		"size=4m,mode=755") < 0)
		return gv_err_sys("cannot mount the root of a sandbox");
	for (i = 0; folders[i]; i++) {
		(void)snprintf(path, sizeof(path), BASE "%s", folders[i]);
		if (mkdir(path, 0755) < 0)
			return gv_err_sys("cannot make %s", path);
	}
	return 0;
}

static int
make_space(const struct gv_sandbox_place *p)
{
	static const char space[] = BASE "/space";
	char how[64], from[64], to[64];
	size_t i;

	(void)snprintf(how, sizeof(how), "size=%llu,mode=755",
	    (unsigned long long)p->space);
	if (mount("tmpfs", space, "tmpfs", MS_NOSUID | MS_NODEV, how) < 0)
		return gv_err_sys("cannot mount the space of a sandbox");
	for (i = 0; writable[i]; i++) {
		(void)snprintf(from, sizeof(from), "%s/%zu", space, i);
		(void)snprintf(to, sizeof(to), BASE "%s", writable[i]);
		if (mkdir(from, 0700) < 0 ||
		    mount(from, to, NULL, MS_BIND, NULL) < 0)
			return gv_err_sys(
			    "cannot mount %s in a sandbox", writable[i]);
	}
	return umount2(space, MNT_DETACH) < 0 || rmdir(space) < 0
	    ? gv_err_sys("cannot unmount the space of a sandbox")
	    : 0;
}

static int
fill(const struct gv_sandbox_place *p)
{
	size_t i;
	int r = make_files();

	for (i = 0; r == 0 && shared[i]; i++)
		r = share(shared[i], false);
	if (r == 0 && p->network)
		r = share("/etc/resolv.conf", false);
	for (i = 0; r == 0 && i < p->n_binds; i++)
		r = share(p->binds[i], false);
	if (r < 0 || (r = make_devices()) < 0)
		return r;
	if (mount("proc", BASE "/proc", "proc",
		MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return gv_err_sys("cannot mount /proc in a sandbox");
	return 0;
}

int
gv_sandbox_root_make(struct gv_sandbox_place *p)
{
	int r;

	if ((r = make_base()) < 0 || (r = make_space(p)) < 0 ||
	    (r = fill(p)) < 0)
		return r;
	if (chdir(BASE) < 0 || syscall(SYS_pivot_root, ".", "old") < 0 ||
	    chdir("/") < 0 || umount2("/old", MNT_DETACH) < 0 ||
	    rmdir("/old") < 0 ||
	    mount(NULL, "/", NULL,
		MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV,
		NULL) < 0)
		return gv_err_sys("cannot enter the root of a sandbox");
	if (!p->network)
		raise_loopback();
	(void)sethostname("sandbox", 7);
	p->home = "/home";
	p->area = "/work";
	p->work = open("/work", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return p->work < 0 ? gv_err_sys("cannot open the work area") : 0;
}

#else /* a system without namespaces */

#include "base/err.h"
#include "sandbox/sandbox_internal.h"

int
gv_sandbox_root_make(struct gv_sandbox_place *p)
{
	(void)p;
	return gv_err(GV_EREFUSED, "this system gives no namespaces");
}

#endif
