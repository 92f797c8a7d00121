#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "compress/unpack.h"
#include "detect/sweep_internal.h"
#include "format/untar.h"
#include "format/zip.h"
#include "sys/cancel.h"

#define DEPTH    3                             /* archives in each other */
#define ALL_MAX  ((uint64_t)256 * 1024 * 1024) /* unpacked of one file */
#define MORE_MAX 250                           /* times its own size, and … */
#define MORE     ((uint64_t)1024 * 1024)
#define COST     64 /* bytes that a member counts for beside its own */

const char *const gv_sweep_lacks[] = { NULL,
	"there are more than three in each other", "it is too large",
	"it unpacks to too much",
	"it is damaged, ends early or has data outside its members",
	"it is encrypted, or packed in an unknown way",
	"its content is in Git LFS, and git has only the pointer to it",
	("it is packed in a format that git-vault does not open (7-Zip, RAR "
	 "and others), or the library for it is not installed (libbz2, "
	 "liblzma, libzstd)"),
	"it is encrypted" };

/* The first bytes of files that no scan can look into. */
static const struct {
	const char *bytes;
	size_t len;
	enum gv_sweep_lack lack;
} shut[] = {
	{ "BZh", 3, GV_SWEEP_PACKED },
	{ "\xfd"
	  "7zXZ",
	    6, GV_SWEEP_PACKED },
	{ "\x28\xb5\x2f\xfd", 4, GV_SWEEP_PACKED },
	{ "7z\xbc\xaf\x27\x1c", 6, GV_SWEEP_PACKED },
	{ "Rar!\x1a\x07", 6, GV_SWEEP_PACKED },
	{ "\x04\x22\x4d\x18", 4, GV_SWEEP_PACKED },
	{ "\x5d\0\0", 3, GV_SWEEP_PACKED }, /* lzma */
	{ "LZIP", 4, GV_SWEEP_PACKED }, { "LRZI", 4, GV_SWEEP_PACKED },
	{ "\x1f\x9d", 2, GV_SWEEP_PACKED },         /* compress */
	{ "\xed\xab\xee\xdb", 4, GV_SWEEP_PACKED }, /* RPM */
	{ "!<arch>\ndebian", 14, GV_SWEEP_PACKED },
	{ "MSCF", 4, GV_SWEEP_PACKED },
	{ "070701", 6, GV_SWEEP_PACKED }, /* cpio */
	{ "070702", 6, GV_SWEEP_PACKED },
	{ "hsqs", 4, GV_SWEEP_PACKED },    /* squashfs */
	{ "QFI\xfb", 4, GV_SWEEP_PACKED }, /* a disk image */
	{ "\x89LZO", 4, GV_SWEEP_PACKED },
	{ "Salted__", 8, GV_SWEEP_ENCRYPTED }, /* openssl enc */
	{ "LUKS\xba\xbe", 6, GV_SWEEP_ENCRYPTED },
	{ "age-encryption.org/v1\n", 22, GV_SWEEP_ENCRYPTED },
	{ "\x85\x01", 2, GV_SWEEP_ENCRYPTED }, /* OpenPGP, to a key */
	{ "\x85\x02", 2, GV_SWEEP_ENCRYPTED },
	{ "\x8c\x0d\x04", 3, GV_SWEEP_ENCRYPTED }, /* and by a passphrase */
};

/* One archive that is looked into, and the member that is read. */
struct opening {
	struct gv_sweep_window *outer;
	struct gv_sweep_window in;
	struct gv_buf path; /* of the member */
	struct gv_untar tar;
	uint64_t left;           /* of the outermost one */
	bool is_begun, is_tar;   /* of what a gzip file holds */
	enum gv_sweep_lack lack; /* what was not looked into, why */
};

/* GV_EREFUSED and nothing left ends all of it. */
static int
spend(struct opening *o, uint64_t n)
{
	uint64_t *left = o->outer->left;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (n > *left) {
		*left = 0;
		return GV_EREFUSED;
	}
	*left -= n;
	return 0;
}

/* A name may hold anything but a zero byte, which ends it. */
static int
begin(void *ctx, const char *name, size_t len)
{
	struct opening *o = ctx;
	struct gv_sweep_window *outer = o->outer, *in = &o->in;
	int r = spend(o, COST);

	gv_buf_reset(&o->path);
	gv_buf_addf(&o->path, "%s!", outer->path ? outer->path : "");
	gv_buf_add(&o->path, name, strnlen(name, len));
	if (r == 0)
		r = gv_buf_check(&o->path);
	if (r < 0)
		return r;
	gv_sweep_window_open(in, o->path.p);
	in->places = outer->places;
	in->facts = outer->facts;
	in->tally = outer->tally;
	in->left = outer->left;
	in->depth = outer->depth + 1;
	in->outer_len = outer->depth ? outer->outer_len
	    : outer->path            ? strlen(outer->path)
				     : 0;
	return 0;
}

static int
add(void *ctx, const void *p, size_t n)
{
	struct opening *o = ctx;
	int r = spend(o, n);

	return r < 0 ? r : gv_sweep_window_add(&o->in, p, n);
}

static int
end(void *ctx)
{
	return gv_sweep_window_end(&((struct opening *)ctx)->in);
}

/* What of a member was read before its archive failed is scanned, too. */
static int
end_early(struct opening *o, int r)
{
	int ended = end(o);

	return ended < 0 ? ended : r;
}

/* --- zip --- */

static int
on_entry(void *ctx, const struct gv_zip_entry *entry)
{
	struct opening *o = ctx;
	int r;

	if (entry->is_encrypted ||
	    (entry->method != GV_ZIP_STORED &&
		entry->method != GV_ZIP_DEFLATED)) {
		o->lack = GV_SWEEP_LOCKED;
		return 0;
	}
	r = begin(o, entry->name, entry->name_len);
	if (r < 0)
		return r;
	if (entry->method == GV_ZIP_STORED)
		r = add(o, entry->packed, entry->len);
	else
		r = gv_unpack_run(
		    GV_UNPACK_RAW, entry->packed, entry->len, add, o);
	r = end_early(o, r);
	if (r == GV_ECORRUPT) {
		o->lack = GV_SWEEP_DAMAGED;
		return 0; /* the others may be whole */
	}
	return r;
}

/* --- files of gzip and the like, and tar in them --- */

/* Bytes of the ending of a file that is packed, or 0. */
static size_t
ending_of(const char *name, size_t n)
{
	static const char *const endings[] = { ".gz", ".bz2", ".xz", ".zst" };
	size_t i, len;

	for (i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		len = strlen(endings[i]);
		if (n > len && memcmp(name + n - len, endings[i], len) == 0)
			return len;
	}
	return 0;
}

/* "x" of dir/x.gz. */
static int
begin_only(struct opening *o)
{
	const char *path = o->outer->path ? o->outer->path : "";
	const char *slash = strrchr(path, '/'), *bang = strrchr(path, '!');
	const char *name = bang > slash ? bang : slash;
	size_t n;

	name = name ? name + 1 : path;
	n = strlen(name);
	return begin(o, name, n - ending_of(name, n));
}

static int
on_piece(void *ctx, const void *p, size_t n)
{
	struct opening *o = ctx;
	int r = 0;

	if (!o->is_begun) {
		o->is_begun = true;
		o->is_tar = gv_untar_is(p, n);
		r = o->is_tar ? 0 : begin_only(o);
	}
	if (r < 0)
		return r;
	return o->is_tar ? gv_untar_feed(&o->tar, p, n) : add(o, p, n);
}

static int
end_tar(struct opening *o, int r)
{
	if (r < 0)
		return o->tar.left && o->in.len ? end_early(o, r) : r;
	r = gv_untar_end(&o->tar);
	return r < 0 && o->tar.left && o->in.len ? end_early(o, r) : r;
}

static int
read_packed(struct opening *o, enum gv_unpack_kind kind)
{
	int r =
	    gv_unpack_run(kind, o->outer->bytes, o->outer->len, on_piece, o);

	if (o->is_tar)
		return end_tar(o, r);
	return o->is_begun ? end_early(o, r) : r;
}

/* --- each of them --- */

bool
gv_sweep_archive_is(const struct gv_sweep_window *w)
{
	enum gv_unpack_kind kind;

	return (gv_unpack_is(&kind, w->bytes, w->len) && gv_unpack_has(kind)) ||
	    gv_zip_is(w->bytes, w->len) || gv_untar_is(w->bytes, w->len);
}

static int
note(struct gv_sweep_window *w, enum gv_sweep_lack lack)
{
	const char *path = gv_sweep_window_path(w);
	enum gv_unpack_kind kind;
	int r = path ? 0 : gv_err_nomem();

	if (w->tally && w->tally->lack == GV_SWEEP_ALL)
		w->tally->lack = lack;
	/* it is reported by its first path */
	if (r == 0 && !gv_sweep_is_again(w->places))
		r = gv_sweep_note_archive(w->sweep, path, lack);
	/* once its library is there, it is to be looked into */
	if (w->facts && lack == GV_SWEEP_PACKED &&
	    gv_unpack_is(&kind, w->bytes, w->len))
		w->facts->is_lost = true;
	if (r == 0 && w->facts)
		gv_sweep_fact_add_lack(
		    w->facts, w->depth ? path + w->outer_len : "", lack);
	return r < 0 ? r : 1;
}

int
gv_sweep_archive_skip(struct gv_sweep_window *w)
{
	int r = note(w, GV_SWEEP_TOO_LONG);

	return r < 0 ? r : 0;
}

/* git-lfs-pointer(5): at most 1024 bytes that begin with just this line. */
int
gv_sweep_archive_judge_pointer(struct gv_sweep_window *w)
{
	static const char line[] =
	    "version https://git-lfs.github.com/spec/v1\n";
	const size_t n = sizeof(line) - 1;
	int r = 0;

	if (w->base == 0 && w->len > n && w->len <= 1024 &&
	    memcmp(w->bytes, line, n) == 0 &&
	    memmem(w->bytes + n, w->len - n, "oid sha256:", 11))
		r = note(w, GV_SWEEP_ELSEWHERE);
	return r < 0 ? r : 0;
}

/* A shorter file with such a beginning is taken for a text. */
#define SHUT_LEAST 16

int
gv_sweep_archive_judge_shut(struct gv_sweep_window *w)
{
	size_t i;
	int r = 0;

	if (w->base != 0 || w->len < SHUT_LEAST)
		return 0;
	for (i = 0; r == 0 && i < sizeof(shut) / sizeof(*shut); i++)
		if (w->len >= shut[i].len &&
		    memcmp(w->bytes, shut[i].bytes, shut[i].len) == 0)
			r = note(w, shut[i].lack);
	return r < 0 ? r : 0;
}

static int
read_it(struct opening *o)
{
	const struct gv_sweep_window *w = o->outer;
	enum gv_unpack_kind kind;

	if (gv_unpack_is(&kind, w->bytes, w->len))
		return read_packed(o, kind);
	if (gv_zip_is(w->bytes, w->len))
		return gv_zip_each(w->bytes, w->len, on_entry, o);
	return end_tar(o, gv_untar_feed(&o->tar, w->bytes, w->len));
}

/* 1: what was not seen is noted. Too much ends the outermost one. */
static int
judge(struct opening *o, int r)
{
	if (r == GV_EREFUSED && *o->outer->left == 0)
		return o->outer->depth ? r : note(o->outer, GV_SWEEP_TOO_MUCH);
	if (r == GV_ECORRUPT)
		return note(o->outer, GV_SWEEP_DAMAGED);
	if (r == GV_ENOTFOUND)
		return note(o->outer, GV_SWEEP_PACKED);
	if (o->lack)
		return note(o->outer, o->lack);
	return r;
}

int
gv_sweep_archive_scan(struct gv_sweep_window *w)
{
	struct opening *o;
	uint64_t most = MORE_MAX * (uint64_t)w->len + MORE;
	int r;

	/* its path is part of those of its members */
	w->scan.has_asked = true;
	if (w->depth == DEPTH)
		return note(w, GV_SWEEP_TOO_DEEP);
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return gv_err_nomem();
	o->left = most < ALL_MAX ? most : ALL_MAX;
	if (w->depth == 0)
		w->left = &o->left;
	o->outer = w;
	o->in.sweep = w->sweep;
	o->in.scan = (struct gv_scan)GV_SCAN_INIT;
	o->path = (struct gv_buf)GV_BUF_INIT;
	o->tar = (struct gv_untar){ .begin = begin,
		.data = add,
		.end = end,
		.ctx = o,
		.name = GV_BUF_INIT,
		.extra = GV_BUF_INIT };
	r = judge(o, read_it(o));
	if (w->depth == 0)
		w->left = NULL;
	gv_sweep_window_release(&o->in);
	gv_untar_release(&o->tar);
	gv_buf_release(&o->path);
	free(o);
	return r;
}
