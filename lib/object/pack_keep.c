#include "object/pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "object/midx.h"
#include "object/pack_internal.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/proc.h"

/* A writer leaves a trace of itself on all that must not stay when it is
 * killed: its process id in the name of a temporary file or the text of a
 * .keep, and a lock that the kernel lets go of. A sweep removes only what has
 * neither a process nor a lock any more: process ids alone would not do on a
 * shared file system or between containers. */

#define KEEP_WORD "git-vault "
#define TRIES     16

/* Seconds after which its writer's process id may be another's. */
#define A_DAY 86400

static void
host_name(char *out, size_t cap)
{
	struct utsname u;

	snprintf(out, cap, "%s", uname(&u) < 0 ? "?" : u.nodename);
}

int
gv_pack_tmp_open(int dirfd, char *name)
{
	unsigned char random[6];
	char hex[2 * sizeof(random) + 1];
	int fd = -1, i;

	for (i = 0; fd < 0 && i < TRIES; i++) {
		if (gv_clock_random(random, sizeof(random)) < 0) {
			errno = EIO;
			return -1;
		}
		gv_enc_hex(hex, random, sizeof(random));
		snprintf(name, 48, GV_PACK_TMP "%ld_%s", (long)getpid(), hex);
		/* read-only from the start, as git's packs are: it needs no
		 * right to be written through this descriptor */
		fd = openat(
		    dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0)
		name[0] = '\0';
	else
		flock(fd, LOCK_EX | LOCK_NB); /* where it is not known: fine */
	return fd;
}

void
gv_pack_name(char *out, const struct gv_oid *checksum, const char *ext)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, checksum);
	snprintf(out, 64, "pack-%s.%s", hex, ext);
}

int
gv_pack_keep_write(int dirfd, char *tmp)
{
	char host[128], text[256];
	int fd = gv_pack_tmp_open(dirfd, tmp), n;

	if (fd < 0)
		return -1;
	host_name(host, sizeof(host));
	n = snprintf(
	    text, sizeof(text), KEEP_WORD "%ld %s\n", (long)getpid(), host);
	if (gv_file_write_all(fd, text, (size_t)n) == 0)
		return fd;
	gv_file_close(fd);
	return -1;
}

int
gv_pack_keep_place(int dirfd, const char *tmp, const struct gv_oid *checksum)
{
	char name[64];

	gv_pack_name(name, checksum, "keep");
	if (gv_file_rename_new(dirfd, tmp, name) == 0)
		return 1;
	return errno == EEXIST ? 0 : -1;
}

void
gv_pack_unkeep(struct gv_pack *pack)
{
	char name[64];

	pack->placed = false;
	if (pack->keep_fd < 0)
		return;
	gv_pack_name(name, &pack->checksum, "keep");
	unlinkat(pack->dirfd, name, 0);
	close(pack->keep_fd);
	pack->keep_fd = -1;
}

/* The process that a file of git-vault belongs to, 0 for anything else. */
static long
owner_of(int dirfd, const char *name)
{
	char host[128], here[128];
	struct gv_buf text = GV_BUF_INIT;
	size_t len = strlen(name);
	long pid = 0;

	if (strncmp(name, GV_PACK_TMP, strlen(GV_PACK_TMP)) == 0)
		return strtol(name + strlen(GV_PACK_TMP), NULL, 10);
	if (strncmp(name, "pack-", 5) != 0 || len < 5 ||
	    strcmp(name + len - 5, ".keep") != 0)
		return 0;
	host_name(here, sizeof(here));
	if (gv_file_read(&text, dirfd, name, 512) < 0 ||
	    sscanf(text.p, KEEP_WORD "%ld %127s", &pid, host) != 2 ||
	    strcmp(host, here) != 0)
		pid = 0;
	gv_buf_release(&text);
	return pid;
}

/* Killed between its two renames: a pack that has no index is seen by nobody,
 * not even by git gc, and its objects are in no snapshot. */
static void
drop_unindexed(int dirfd, const char *keep)
{
	size_t stem = strlen(keep) - strlen("keep");
	char name[80];

	if (strncmp(keep, "pack-", 5) != 0 || stem + 5 > sizeof(name))
		return;
	snprintf(name, sizeof(name), "%.*sidx", (int)stem, keep);
	if (faccessat(dirfd, name, F_OK, 0) == 0 || errno != ENOENT)
		return;
	snprintf(name, sizeof(name), "%.*spack", (int)stem, keep);
	unlinkat(dirfd, name, 0);
}

static bool
is_left(int dirfd, const char *name)
{
	long pid = owner_of(dirfd, name);

	return pid != 0 &&
	    (gv_proc_is_gone(pid) || gv_file_is_stale(dirfd, name, A_DAY));
}

bool
gv_pack_hides(const char *name, const char *pack)
{
	size_t len = strlen(name);

	return strncmp(name, GV_PACK_TMP, strlen(GV_PACK_TMP)) == 0 &&
	    len > GV_OID_HEX &&
	    strncmp(name + len - GV_OID_HEX, pack, GV_OID_HEX) == 0;
}

/* Killed while it removed packs: what was only set aside comes back, what was
 * going goes. Where an index stands again, both have been done already. Whether
 * the file is dealt with. */
static bool
settle_hidden(int dirfd, const char *name)
{
	const char *aside = strstr(name, "_" GV_PACK_ASIDE);
	const char *going = strstr(name, "_" GV_PACK_GOING);
	const char *hex = aside ? aside + strlen("_" GV_PACK_ASIDE)
	    : going             ? going + strlen("_" GV_PACK_GOING)
				: NULL;
	char pack_name[64], idx_name[64];
	struct gv_oid pack;

	if (hex == NULL || strlen(hex) != GV_OID_HEX ||
	    gv_oid_parse(&pack, hex) < 0)
		return false;
	gv_pack_name(pack_name, &pack, "pack");
	gv_pack_name(idx_name, &pack, "idx");
	if (faccessat(dirfd, idx_name, F_OK, 0) == 0)
		return false;
	if (aside && faccessat(dirfd, pack_name, F_OK, 0) == 0)
		return renameat(dirfd, name, dirfd, idx_name) == 0;
	gv_pack_drop_rest(dirfd, &pack);
	return false;
}

/* Whether nobody holds the lock that its writer took. */
static bool
is_free(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool is = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;

	if (fd >= 0)
		close(fd);
	return is;
}

/* What git writes for git-vault bears, before a dash, the name of a
 * file that this one holds. */
static bool
is_held_for(int dirfd, const char *name)
{
	size_t len = strcspn(name, "-");
	char held[64];

	if (strncmp(name, GV_PACK_TMP, strlen(GV_PACK_TMP)) != 0 ||
	    name[len] == '\0' || len >= sizeof(held))
		return false;
	memcpy(held, name, len);
	held[len] = '\0';
	return gv_file_exists(dirfd, held) && !is_free(dirfd, held);
}

static int
sweep_one(int dirfd, const char *dir, const char *name)
{
	int fd, r = 0;

	if (!is_left(dirfd, name) || is_held_for(dirfd, name))
		return 0;
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		drop_unindexed(dirfd, name);
		if (!settle_hidden(dirfd, name) &&
		    unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
			r = gv_err_sys(
			    "cannot remove %s/%s, left by a killed process",
			    dir, name);
	}
	close(fd);
	return r;
}

int
gv_pack_sweep(const char *objects_dir)
{
	struct gv_buf dir = GV_BUF_INIT;
	struct dirent *e;
	DIR *d = NULL;
	int r;

	gv_buf_addf(&dir, "%s/pack", objects_dir);
	r = gv_buf_check(&dir);
	if (r < 0)
		goto out;
	d = opendir(dir.p);
	if (d == NULL) {
		if (errno != ENOENT)
			r = gv_err_sys("cannot open directory %s", dir.p);
		goto out;
	}
	while (r == 0 && (e = readdir(d)) != NULL)
		r = sweep_one(dirfd(d), dir.p, e->d_name);
	closedir(d);
	if (r == 0)
		r = gv_midx_sweep(objects_dir);
out:
	gv_buf_release(&dir);
	return r;
}

int
gv_pack_left(struct gv_buf *names, const char *objects_dir)
{
	struct gv_buf dir = GV_BUF_INIT;
	struct dirent *e;
	DIR *d = NULL;
	int r;

	gv_buf_addf(&dir, "%s/pack", objects_dir);
	if ((r = gv_buf_check(&dir)) == 0)
		d = opendir(dir.p);
	while (d && (e = readdir(d)) != NULL)
		if (is_left(dirfd(d), e->d_name) &&
		    !is_held_for(dirfd(d), e->d_name) &&
		    is_free(dirfd(d), e->d_name))
			gv_buf_add(names, e->d_name, strlen(e->d_name) + 1);
	if (d)
		closedir(d);
	gv_buf_release(&dir);
	return r < 0 ? r : gv_buf_check(names);
}
