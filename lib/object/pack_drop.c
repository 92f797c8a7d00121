#include "object/pack_drop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/pack_internal.h"
#include "repo/oid.h"

struct gv_pack_drop {
	char *dir;
	int dirfd;
	struct gv_oid *packs;
	size_t n, cap;
};

/* The index of a pack on its way out: which way, and of which pack, stands in
 * its name, for the sweep. */
static void
hidden_name(char out[96], const char *way, const struct gv_oid *pack)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, pack);
	snprintf(out, 96, GV_PACK_TMP "%ld_%s%s", (long)getpid(), way, hex);
}

int
gv_pack_drop_open(struct gv_pack_drop **out, const char *objects_dir)
{
	struct gv_pack_drop *d = calloc(1, sizeof(*d));
	struct gv_buf dir = GV_BUF_INIT;

	if (d == NULL)
		return gv_err_nomem();
	d->dirfd = -1;
	gv_buf_addf(&dir, "%s/pack", objects_dir);
	d->dir = gv_buf_take(&dir);
	if (d->dir)
		d->dirfd = open(d->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dirfd >= 0) {
		*out = d;
		return 0;
	}
	if (d->dir)
		gv_err_sys("cannot open directory %s", d->dir);
	gv_pack_drop_close(d);
	return GV_ERROR;
}

int
gv_pack_drop_add(struct gv_pack_drop *d, const char *name)
{
	char from[64], to[96];
	struct gv_oid pack;
	int r = GV_GROW(d->packs, d->n, d->cap);

	if (r < 0)
		return r;
	if (gv_oid_parse(&pack, name) < 0)
		return gv_err(GV_ERROR, "'%s' is no name of a pack", name);
	gv_pack_name(from, &pack, "idx");
	hidden_name(to, GV_PACK_ASIDE, &pack);
	/* or a sweep takes it for what was left here long ago */
	utimensat(d->dirfd, from, NULL, 0);
	if (renameat(d->dirfd, from, d->dirfd, to) < 0) {
		if (errno == ENOENT)
			return 0;
		return gv_err_sys("cannot set %s/%s aside", d->dir, from);
	}
	d->packs[d->n++] = pack;
	return 0;
}

/* Some file systems cannot sync a directory and say EINVAL. */
static int
flush(const struct gv_pack_drop *d)
{
	if (fsync(d->dirfd) < 0 && errno != EINVAL)
		return gv_err_sys("cannot flush directory %s", d->dir);
	return 0;
}

void
gv_pack_drop_rest(int dirfd, const struct gv_oid *pack)
{
	static const char *const parts[] = { "pack", "rev", "mtimes" };
	char name[64];
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		gv_pack_name(name, pack, parts[i]);
		unlinkat(dirfd, name, 0);
	}
}

static int
remove_one(const struct gv_pack_drop *d, const struct gv_oid *pack)
{
	char name[96], left[64];

	gv_pack_drop_rest(d->dirfd, pack);
	gv_pack_name(left, pack, "pack");
	if (faccessat(d->dirfd, left, F_OK, 0) == 0)
		return gv_err(GV_ERROR,
		    "cannot remove %s/%s, whose objects are in another pack "
		    "now",
		    d->dir, left);
	hidden_name(name, GV_PACK_GOING, pack);
	if (unlinkat(d->dirfd, name, 0) < 0 && errno != ENOENT)
		return gv_err_sys("cannot remove %s/%s", d->dir, name);
	return 0;
}

int
gv_pack_drop_commit(struct gv_pack_drop *d)
{
	char from[96], to[96];
	int r = 0, s;
	size_t i;

	for (i = 0; i < d->n; i++) {
		hidden_name(from, GV_PACK_ASIDE, &d->packs[i]);
		hidden_name(to, GV_PACK_GOING, &d->packs[i]);
		if (renameat(d->dirfd, from, d->dirfd, to) < 0)
			return gv_err_sys("cannot rename %s/%s", d->dir, from);
	}
	/* an index without its pack, after a power failure, would trouble git
	 */
	r = flush(d);
	if (r < 0)
		return r;
	for (i = 0; i < d->n; i++) {
		s = remove_one(d, &d->packs[i]);
		r = r < 0 ? r : s;
	}
	d->n = 0;
	return r;
}

/* While it was hidden somebody may have relied on another copy, which goes
 * now: so this one counts as used. */
static void
put_back(const struct gv_pack_drop *d, const struct gv_oid *pack)
{
	char from[96], to[64];

	gv_pack_name(to, pack, "pack");
	utimensat(d->dirfd, to, NULL, 0);
	gv_pack_name(to, pack, "idx");
	hidden_name(from, GV_PACK_ASIDE, pack);
	if (renameat(d->dirfd, from, d->dirfd, to) == 0)
		return;
	hidden_name(from, GV_PACK_GOING, pack);
	renameat(d->dirfd, from, d->dirfd, to);
}

void
gv_pack_drop_close(struct gv_pack_drop *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->n; i++)
		put_back(d, &d->packs[i]);
	if (d->dirfd >= 0)
		close(d->dirfd);
	free(d->packs);
	free(d->dir);
	free(d);
}
