#include "object/odb_health.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb_internal.h"
#include "repo/hash.h"
#include "sys/file.h"

/* Whether a file ends with the SHA-1 of all before. */
static bool
ends_in_sum(int fd)
{
	unsigned char trailer[GV_OID_RAW];
	struct gv_oid sum;
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size > GV_OID_RAW &&
	    gv_hash_file(&sum, fd, (uint64_t)st.st_size - GV_OID_RAW) == 0 &&
	    gv_file_pread_full(fd, trailer, sizeof(trailer),
		st.st_size - GV_OID_RAW) == GV_OID_RAW &&
	    memcmp(trailer, sum.id, GV_OID_RAW) == 0;
}

static int
check_trailer(const char *path, bool *bad)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*bad = true;
	if (fd < 0 && gv_odb_job_is_barred())
		return gv_err_sys("cannot open %s", path);
	if (fd < 0)
		return 0;
	*bad = !ends_in_sum(fd);
	close(fd);
	return 0;
}

int
gv_odb_health_packs(struct gv_buf *out, const char *objects_dir)
{
	struct gv_buf dir = GV_BUF_INIT;
	struct dirent *e;
	DIR *d = NULL;
	int r;

	gv_buf_addf(&dir, "%s/pack", objects_dir);
	if ((r = gv_buf_check(&dir)) == 0)
		d = opendir(dir.p);
	if (r == 0 && d == NULL && errno != ENOENT)
		r = gv_err_sys("cannot open directory %s", dir.p);
	while (d && (e = readdir(d)) != NULL) {
		size_t len = strlen(e->d_name);

		if (strncmp(e->d_name, "pack-", 5) != 0 || len < 10 ||
		    strcmp(e->d_name + len - 5, ".pack") != 0)
			continue;
		gv_buf_addf(out, "%s/%.*s", dir.p, (int)(len - 5), e->d_name);
		gv_buf_addch(out, '\0');
	}
	if (d)
		closedir(d);
	gv_buf_release(&dir);
	return r < 0 ? r : gv_buf_check(out);
}

static struct gv_odb_pack *
pack_of(const struct gv_odb_view *view, const char *stem)
{
	size_t i;

	for (i = 0; i < view->n_packs; i++)
		if (strcmp(view->packs[i]->stem, stem) == 0)
			return view->packs[i];
	return NULL;
}

static int
add(struct gv_oid **list, size_t *n, size_t *cap, const struct gv_oid *id)
{
	int r = gv_vec_grow((void **)list, cap, *n + 1, sizeof(**list));

	if (r == 0)
		(*list)[(*n)++] = *id;
	return r;
}

static int
check_rows(
    struct gv_odb_health *h, struct gv_odb *odb, struct gv_odb_pack *pack)
{
	struct gv_object obj;
	struct gv_oid id, real;
	uint32_t row;
	int r = 0, s;

	for (row = 0; r == 0 && row < pack->n; row++) {
		gv_odb_pack_id(pack, row, &id);
		memset(&obj, 0, sizeof(obj));
		s = gv_odb_entry_read(odb, &obj, pack, row);
		if (s < 0 && s != GV_ECORRUPT)
			return s;
		if (s == 0 &&
		    (gv_oid_of(&real, obj.type, obj.data, obj.len) < 0 ||
			!gv_oid_equal(&real, &id)))
			s = GV_ECORRUPT;
		gv_object_release(&obj);
		r = s == 0
		    ? add(&h->whole, &h->n_whole, &h->whole_cap, &id)
		    : add(&h->damaged, &h->n_damaged, &h->damaged_cap, &id);
	}
	return r;
}

int
gv_odb_health_check(
    struct gv_odb_health *out, struct gv_odb *odb, const char *stem)
{
	struct gv_odb_health h = { 0 };
	struct gv_odb_view *view = gv_odb_view(odb);
	struct gv_buf path = GV_BUF_INIT;
	struct gv_odb_pack *pack;
	int r;

	if (view == NULL)
		return GV_ENOMEM;
	pack = pack_of(view, stem);
	/* it may have come after the first look */
	if (pack == NULL && gv_odb_refresh(odb) == 0 &&
	    (view = gv_odb_view(odb)) != NULL)
		pack = pack_of(view, stem);
	h.no_index = pack == NULL;
	gv_buf_addf(&path, "%s.pack", stem);
	if ((r = gv_buf_check(&path)) == 0)
		r = check_trailer(path.p, &h.pack_bad);
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s.idx", stem);
	if (r < 0 || (r = gv_buf_check(&path)) < 0 ||
	    (r = check_trailer(path.p, &h.index_bad)) < 0)
		goto out;
	if (pack)
		r = check_rows(&h, odb, pack);
out:
	gv_buf_release(&path);
	if (r < 0)
		gv_odb_health_release(&h);
	else
		*out = h;
	return r;
}

static bool
is_hex(const char *text, size_t len)
{
	return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

/* Damaged ones. */
struct loose {
	struct gv_buf *paths;
	struct gv_oid *ids;
	size_t n, cap;
	const struct gv_odb_dir *dir;
};

static int
check_loose(void *loose, const char *hex)
{
	struct loose *l = loose;
	struct gv_object obj = { 0 };
	struct gv_oid id, real;
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_oid_parse(&id, hex), s;

	if (r < 0)
		return r;
	s = gv_odb_loose_read(&obj, l->dir, &id);
	if (s == 0 &&
	    (gv_oid_of(&real, obj.type, obj.data, obj.len) < 0 ||
		!gv_oid_equal(&real, &id)))
		s = GV_ECORRUPT;
	gv_object_release(&obj);
	if (s != GV_ECORRUPT)
		return s == GV_ENOTFOUND ? 0 : s;
	gv_odb_loose_path(&path, l->dir, &id);
	r = gv_buf_check(&path);
	gv_buf_addstr(l->paths, path.p);
	gv_buf_addch(l->paths, '\0');
	gv_buf_release(&path);
	return r < 0 ? r : add(&l->ids, &l->n, &l->cap, &id);
}

/* Every loose object of a folder. */
static int
each_loose(
    const char *objects_dir, int (*fn)(void *ctx, const char *hex), void *ctx)
{
	struct gv_buf path = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	struct dirent *e;
	unsigned b;
	DIR *d;
	int r = 0;

	for (b = 0; r == 0 && b < 256; b++) {
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/%02x", objects_dir, b);
		r = gv_buf_check(&path);
		d = r == 0 ? opendir(path.p) : NULL;
		while (d && r == 0 && (e = readdir(d)) != NULL) {
			if (!is_hex(e->d_name, GV_OID_HEX - 2))
				continue;
			snprintf(hex, sizeof(hex), "%02x%.38s", b, e->d_name);
			r = fn(ctx, hex);
		}
		if (d)
			closedir(d);
	}
	gv_buf_release(&path);
	return r;
}

int
gv_odb_health_loose(struct gv_buf *paths, struct gv_oid **ids, size_t *n,
    const char *objects_dir)
{
	struct gv_odb_dir dir = { .path = (char *)(uintptr_t)objects_dir };
	struct loose l = { .paths = paths, .dir = &dir };
	int r = each_loose(objects_dir, check_loose, &l);

	if (r < 0) {
		free(l.ids);
		l.ids = NULL;
		l.n = 0;
	}
	*ids = l.ids;
	*n = l.n;
	return r;
}

struct each {
	int (*fn)(void *ctx, const struct gv_oid *id);
	void *ctx;
};

static int
give_loose(void *each, const char *hex)
{
	const struct each *e = each;
	struct gv_oid id;
	int r = gv_oid_parse(&id, hex);

	return r < 0 ? r : e->fn(e->ctx, &id);
}

int
gv_odb_health_each(struct gv_odb *odb,
    int (*fn)(void *ctx, const struct gv_oid *id), void *ctx)
{
	struct gv_odb_view *view = gv_odb_view(odb);
	struct each each = { fn, ctx };
	struct gv_oid id;
	uint32_t row;
	size_t i;
	int r = view ? 0 : GV_ENOMEM;

	for (i = 0; r == 0 && i < view->n_packs; i++)
		for (row = 0; r == 0 && row < view->packs[i]->n; row++) {
			gv_odb_pack_id(view->packs[i], row, &id);
			r = fn(ctx, &id);
		}
	for (i = 0; r == 0 && i < view->n_dirs; i++)
		r = each_loose(view->dirs[i].path, give_loose, &each);
	return r;
}

void
gv_odb_health_release(struct gv_odb_health *h)
{
	if (h == NULL)
		return;
	free(h->whole);
	free(h->damaged);
	memset(h, 0, sizeof(*h));
}

/* git goes without what it cannot open. */
static int
check_cache(struct gv_buf *out, const char *path, const char *magic)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char head[4];

	if (fd < 0)
		return 0;
	if (gv_file_pread_full(fd, head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head, magic, sizeof(head)) != 0 || !ends_in_sum(fd))
		gv_buf_add(out, path, strlen(path) + 1);
	close(fd);
	return gv_buf_check(out);
}

static int
check_layers(struct gv_buf *out, struct gv_buf *path)
{
	static const char ext[] = ".graph";
	DIR *d = opendir(path->p);
	size_t dir = path->len, len;
	struct dirent *e;
	int r = 0;

	while (d && r == 0 && (e = readdir(d)) != NULL) {
		len = strlen(e->d_name);
		if (len < sizeof(ext) ||
		    strcmp(e->d_name + len - sizeof(ext) + 1, ext) != 0)
			continue;
		gv_buf_truncate(path, dir);
		gv_buf_addf(path, "/%s", e->d_name);
		if ((r = gv_buf_check(path)) == 0)
			r = check_cache(out, path->p, "CGPH");
	}
	if (d)
		closedir(d);
	return r;
}

int
gv_odb_health_caches(struct gv_buf *out, const char *objects_dir)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/pack/multi-pack-index", objects_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = check_cache(out, path.p, "MIDX");
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s/info/commit-graph", objects_dir);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = check_cache(out, path.p, "CGPH");
	gv_buf_addch(&path, 's');
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = check_layers(out, &path);
	gv_buf_release(&path);
	return r;
}

int
gv_odb_health_chain(struct gv_buf *out, const char *path)
{
	static const char dir[] = "/commit-graphs";
	const char *name = strrchr(path, '/');
	size_t len = name ? (size_t)(name - path) : 0;

	gv_buf_reset(out);
	if (len > sizeof(dir) &&
	    strncmp(name - sizeof(dir) + 1, dir, sizeof(dir) - 1) == 0)
		gv_buf_addf(out, "%.*s/commit-graph-chain", (int)len, path);
	return gv_buf_check(out);
}
