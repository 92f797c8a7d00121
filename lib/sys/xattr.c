#include "sys/xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_SYS_XATTR_H
#include <sys/stat.h>
#include <sys/xattr.h> /* NOLINT(readability-duplicate-include) */
#include <unistd.h>
#endif
#ifdef GV_LINUX
#include <sys/syscall.h>
#endif

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"

/* Undo add_name(): at most `len` bytes of text to a string. */
static int
read_name(struct gv_buf *out, const char *text, size_t len)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < len; i++) {
		c = (unsigned char)text[i];
		if (c == '%') {
			if (len - i < 3 ||
			    gv_enc_unhex(&c, text + i + 1, 1) < 0)
				return -1;
			i += 2;
		}
		gv_buf_addch(out, (char)c);
	}
	return gv_buf_check(out);
}

int
gv_xattr_next(const char **text, struct gv_buf *name, struct gv_buf *value)
{
	const char *p = *text;
	size_t n = strcspn(p, "=,"), len;

	if (*p == '\0')
		return 0;
	gv_buf_reset(name);
	gv_buf_reset(value);
	/* base64 pads with '=', which cannot begin the value's rest */
	len = p[n] == '=' ? strcspn(p + n + 1, ",") : 0;
	if (n == 0 || p[n] != '=' || read_name(name, p, n) < 0 ||
	    gv_enc_unbase64(value, p + n + 1, len) < 0)
		return gv_err(
		    GV_ECORRUPT, "the text of extended attributes is damaged");
	p += n + 1 + len;
	*text = p + (*p == ',');
	return 1;
}

int
gv_xattr_keep_user(struct gv_buf *out, const char *text)
{
	static const char user[] = "user.";
	struct gv_buf name = GV_BUF_INIT, value = GV_BUF_INIT;
	const char *begin = text, *end;
	size_t before = out->len;
	int r;

	for (; (r = gv_xattr_next(&text, &name, &value)) > 0; begin = text) {
		if (name.len < sizeof(user) ||
		    memcmp(name.p, user, sizeof(user) - 1) != 0)
			continue;
		end = text[-1] == ',' ? text - 1 : text;
		if (out->len > before)
			gv_buf_addch(out, ',');
		gv_buf_add(out, begin, (size_t)(end - begin));
	}
	gv_buf_release(&name);
	gv_buf_release(&value);
	return r < 0 ? r : gv_buf_check(out);
}

/* Whether an attribute, by its name as the text has it, may be taken away:
 * others may not have been ours to see when the text was made. */
static bool
is_removable(const char *name)
{
	return strncmp(name, "user.", 5) == 0 ||
	    strncmp(name, "system.posix_acl_", 17) == 0 ||
	    strncmp(name, "security.capability", 19) == 0;
}

/* Whether the text has an attribute that begins with these bytes and ends
 * there, or with `open` goes on. */
static bool
has(const char *text, const char *what, size_t len, bool open)
{
	while (*text) {
		if (strncmp(text, what, len) == 0 &&
		    (open || text[len] == ',' || text[len] == '\0'))
			return true;
		text += strcspn(text, ",");
		text += *text == ',';
	}
	return false;
}

bool
gv_xattr_is(int dirfd, const char *path, const char *text)
{
	struct gv_buf now = GV_BUF_INIT;
	const char *p;
	size_t n;
	bool same;

	if (*text == '\0' && !gv_xattr_any(dirfd, path))
		return true;
	same = gv_xattr_get(&now, dirfd, path) >= 0 || *text == '\0';
	for (p = now.p; same && *p; p += n + (p[n] == ',')) {
		n = strcspn(p, ",");
		same = has(text, p, n, false) || !is_removable(p);
	}
	for (p = text; same && *p; p += n + (p[n] == ',')) {
		n = strcspn(p, ",");
		same = has(now.p, p, n, false);
	}
	gv_buf_release(&now);
	return same;
}

#ifdef HAVE_SYS_XATTR_H

#define LIST_MAX (64 * 1024)

static bool
is_ours(const char *name)
{
	return strcmp(name, "security.selinux") != 0 &&
	    strcmp(name, "security.ima") != 0 &&
	    strcmp(name, "security.evm") != 0;
}

/* What attributes are asked of or given to. */
struct thing {
	int fd; /* or -1: what the path names, a link not followed */
	char path[PATH_MAX];
};

#ifdef GV_LINUX

/* There is no call that takes a directory and a name: the way through
 * /proc does, and leaves the path short however deep the file is. */
static int
reach(struct thing *t, int dirfd, const char *path)
{
	int n = dirfd == AT_FDCWD
	    ? snprintf(t->path, sizeof(t->path), "%s", path)
	    : snprintf(
		  t->path, sizeof(t->path), "/proc/self/fd/%d/%s", dirfd, path);

	t->fd = -1;
	if (n < 0 || (size_t)n >= sizeof(t->path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

static void
leave(const struct thing *t)
{
	(void)t;
}

static ssize_t
list_of(const struct thing *t, char *list, size_t size)
{
	return t->fd < 0 ? llistxattr(t->path, list, size)
			 : flistxattr(t->fd, list, size);
}

static ssize_t
value_of(const struct thing *t, const char *name, void *out, size_t size)
{
	return t->fd < 0 ? lgetxattr(t->path, name, out, size)
			 : fgetxattr(t->fd, name, out, size);
}

static int
put(const struct thing *t, const char *name, const struct gv_buf *value)
{
	return t->fd < 0 ? lsetxattr(t->path, name, value->p, value->len, 0)
			 : fsetxattr(t->fd, name, value->p, value->len, 0);
}

static int
take_away(const struct thing *t, const char *name)
{
	return t->fd < 0 ? lremovexattr(t->path, name)
			 : fremovexattr(t->fd, name);
}

/* The newest kernels have a call that takes a directory and a name; headers of
 * older systems do not name it, but its number is the same everywhere. */
#ifndef SYS_listxattrat
#if defined(__x86_64__) || defined(__aarch64__)
#define SYS_listxattrat 465
#endif
#endif

static ssize_t
list_at(int dirfd, const char *path, char *out, size_t size)
{
#ifdef SYS_listxattrat
	return syscall(SYS_listxattrat, dirfd, path,
	    AT_SYMLINK_NOFOLLOW | (*path ? 0 : AT_EMPTY_PATH), out, size);
#else
	(void)dirfd, (void)path, (void)out, (void)size;
	errno = ENOSYS;
	return -1;
#endif
}

bool
gv_xattr_reaches(int dirfd)
{
	return list_at(dirfd, "", NULL, 0) >= 0 || errno == ENOTSUP;
}

bool
gv_xattr_any(int dirfd, const char *path)
{
	struct thing t;
	ssize_t n;

	if (dirfd != AT_FDCWD) {
		n = list_at(dirfd, path, NULL, 0);
		if (n >= 0 || (errno != ENOSYS && errno != EPERM))
			return n > 0;
	}
	return reach(&t, dirfd, path) < 0 || list_of(&t, NULL, 0) > 0;
}

#else

/* Elsewhere a thing is opened for it. A link can be on macOS alone. */
#ifndef O_SYMLINK
#define O_SYMLINK O_NOFOLLOW
#endif

/* To open a device or a pipe does something to it, so none is. */
static int
reach(struct thing *t, int dirfd, const char *path)
{
	struct stat st;

	t->fd = -1;
	if (*path == '\0')
		path = ".";
	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) &&
	    !(S_ISLNK(st.st_mode) && O_SYMLINK != O_NOFOLLOW)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	t->fd = openat(dirfd, path,
	    O_RDONLY | O_SYMLINK | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return t->fd < 0 ? -1 : 0;
}

static void
leave(const struct thing *t)
{
	const int saved = errno;

	close(t->fd);
	errno = saved;
}

/* What macOS takes besides: a position in the value, and options. */
#ifdef __APPLE__
#define OPTIONS  , 0
#define POSITION , 0, 0
#define FLAGS    0, 0
#else
#define OPTIONS
#define POSITION
#define FLAGS 0
#endif

static ssize_t
list_of(const struct thing *t, char *list, size_t size)
{
	return flistxattr(t->fd, list, size OPTIONS);
}

static ssize_t
value_of(const struct thing *t, const char *name, void *out, size_t size)
{
	return fgetxattr(t->fd, name, out, size POSITION);
}

static int
put(const struct thing *t, const char *name, const struct gv_buf *value)
{
	return fsetxattr(t->fd, name, value->p, value->len, FLAGS);
}

static int
take_away(const struct thing *t, const char *name)
{
	return fremovexattr(t->fd, name OPTIONS);
}

bool
gv_xattr_reaches(int dirfd)
{
	(void)dirfd;
	return true;
}

bool
gv_xattr_any(int dirfd, const char *path)
{
	struct thing t;
	ssize_t n;

	/* what is no file or folder has none that can be read */
	if (reach(&t, dirfd, path) < 0)
		return errno == EACCES || errno == ENAMETOOLONG;
	n = list_of(&t, NULL, 0);
	leave(&t);
	return n > 0;
}

#endif

/* Whether it cannot be opened because it is no file or folder, but a link or a
 * socket. */
static bool
is_no_thing(int e)
{
	return e == ELOOP || e == ENXIO || e == EOPNOTSUPP;
}

/* Some systems have a name of their own for it. */
static bool
is_missing(int e)
{
#ifdef ENOATTR
	if (e == ENOATTR)
		return true;
#endif
	return e == ENODATA;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_name(struct gv_buf *out, const char *name)
{
	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		if (c > ' ' && c < 0x7f && !strchr("%=,\"\\", c))
			gv_buf_addch(out, (char)c);
		else
			gv_buf_addf(out, "%%%02X", c);
	}
}

static int
add_value(struct gv_buf *out, const struct thing *t, const char *name)
{
	char stack[4096], *value = stack;
	ssize_t n = value_of(t, name, stack, sizeof(stack));
	int r = -1;

	if (n < 0 && errno == ERANGE) {
		n = value_of(t, name, NULL, 0);
		value = n < 0 ? NULL : malloc((size_t)n + 1);
		if (value)
			n = value_of(t, name, value, (size_t)n + 1);
	}
	if (value && n >= 0) {
		if (out->len && out->p[out->len - 1] != ' ')
			gv_buf_addch(out, ',');
		add_name(out, name);
		gv_buf_addch(out, '=');
		gv_enc_base64(out, value, (size_t)n);
		r = 0;
	}
	if (value != stack)
		free(value);
	return r;
}

int
gv_xattr_get(struct gv_buf *out, int dirfd, const char *path)
{
	char *list = NULL, *p;
	const char **names = NULL;
	struct gv_buf text = GV_BUF_INIT;
	struct thing t;
	size_t n = 0, i;
	ssize_t len;
	int count = -1;

	if (reach(&t, dirfd, path) < 0)
		return is_no_thing(errno) ? 0 : -1;
	list = malloc(LIST_MAX + 1);
	names = malloc(LIST_MAX / 2 * sizeof(*names));
	if (list == NULL || names == NULL)
		goto out;
	len = list_of(&t, list, LIST_MAX);
	if (len < 0) {
		count = errno == ENOTSUP ? 0 : -1;
		goto out;
	}
	list[len] = '\0';
	for (p = list; p < list + len; p += strlen(p) + 1)
		if (*p && is_ours(p))
			names[n++] = p;
	qsort(names, n, sizeof(*names), compare);
	for (count = 0, i = 0; i < n; i++) {
		if (add_value(&text, &t, names[i]) == 0)
			count++;
		else if (!is_missing(errno) && errno != EPERM) {
			count = -1;
			goto out;
		}
	}
	gv_buf_add(out, text.p, text.len);
out:
	i = (size_t)errno;
	gv_buf_release(&text);
	free(names);
	free(list);
	leave(&t);
	errno = (int)i;
	return count;
}

static int
set(const struct thing *t, const char *text)
{
	struct gv_buf name = GV_BUF_INIT, value = GV_BUF_INIT;
	int refused = 0, saved = 0, r;

	while ((r = gv_xattr_next(&text, &name, &value)) > 0)
		if (put(t, name.p, &value) < 0) {
			saved = errno;
			refused++;
		}
	gv_buf_release(&name);
	gv_buf_release(&value);
	errno = saved;
	return r < 0 ? -1 : refused;
}

/* Remove what the text lacks; how many could not be removed. */
static int
remove_others(const struct thing *t, const char *text)
{
	char *list = malloc(LIST_MAX + 1), *p;
	struct gv_buf name = GV_BUF_INIT;
	ssize_t len = list ? list_of(t, list, LIST_MAX) : -1;
	int refused = 0;

	if (len > 0)
		list[len] = '\0';
	for (p = list; len > 0 && p < list + len; p += strlen(p) + 1) {
		gv_buf_reset(&name);
		add_name(&name, p);
		gv_buf_addch(&name, '=');
		if (gv_buf_check(&name) == 0 && is_removable(name.p) &&
		    !has(text, name.p, name.len, true) && take_away(t, p) < 0)
			refused++;
	}
	gv_buf_release(&name);
	free(list);
	return refused;
}

static int
reset(const struct thing *t, const char *text)
{
	int left = remove_others(t, text), saved = errno;
	int refused = set(t, text);

	if (refused < 0)
		return -1;
	if (refused == 0)
		errno = saved;
	return left + refused;
}

int
gv_xattr_set(int fd, const char *text)
{
	return set(&(struct thing){ .fd = fd }, text);
}

int
gv_xattr_reset(int fd, const char *text)
{
	return reset(&(struct thing){ .fd = fd }, text);
}

int
gv_xattr_set_link(int dirfd, const char *name, const char *text, bool exact)
{
	struct thing link;
	int r;

	if (reach(&link, dirfd, name) < 0)
		return *text || !is_no_thing(errno);
	r = exact ? reset(&link, text) : set(&link, text);
	leave(&link);
	return r;
}

int
gv_xattr_disown(int fd)
{
	static const char *const lists[] = { "system.posix_acl_access",
		"system.posix_acl_default" };
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (take_away(&(struct thing){ .fd = fd }, lists[i]) < 0 &&
		    !is_missing(errno) && errno != ENOTSUP)
			return -1;
	return 0;
}

#else /* a system without them */

bool
gv_xattr_reaches(int dirfd)
{
	(void)dirfd;
	return true;
}

bool
gv_xattr_any(int dirfd, const char *path)
{
	(void)dirfd;
	(void)path;
	return false;
}

int
gv_xattr_get(struct gv_buf *out, int dirfd, const char *path)
{
	(void)out;
	(void)dirfd;
	(void)path;
	return 0;
}

int
gv_xattr_set(int fd, const char *text)
{
	(void)fd;
	errno = ENOTSUP;
	return *text ? 1 : 0;
}

int
gv_xattr_reset(int fd, const char *text)
{
	return gv_xattr_set(fd, text);
}

int
gv_xattr_set_link(int dirfd, const char *name, const char *text, bool exact)
{
	(void)name;
	(void)exact;
	return gv_xattr_set(dirfd, text);
}

int
gv_xattr_disown(int fd)
{
	(void)fd;
	return 0;
}

#endif
