#include "object/tree.h"

#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "object/odb.h"

/* Names that a file system can hold; longer ones are only compared. */
#define NAME_BITS 256

#define MODE_MAX 16 /* digits of a mode, and a blank */

void
gv_tree_iter_init(struct gv_tree_iter *it, const void *data, size_t len)
{
	memset(it, 0, sizeof(*it));
	it->p = data;
	it->end = len ? it->p + len : it->p;
}

void
gv_tree_iter_mend(struct gv_tree_iter *it, const void *data, size_t len)
{
	gv_tree_iter_init(it, data, len);
	it->is_mended = true;
}

static bool
is_mode(unsigned mode)
{
	switch (mode & 0170000) {
	case 0040000:
	case 0100000:
	case 0120000:
	case 0160000:
		return true;
	default:
		return false;
	}
}

static int
take_mode(struct gv_tree_iter *it, unsigned *mode)
{
	unsigned n = 0, digits = 0;

	/* a leading 0 was written by other programs once: let it pass */
	for (; it->p < it->end && *it->p != ' '; it->p++) {
		if (*it->p < '0' || *it->p > '7' || ++digits > 7)
			return gv_err(
			    GV_ECORRUPT, "a tree entry's mode is no number");
		n = n * 8 + (*it->p - '0');
	}
	if (it->p == it->end || !is_mode(n))
		return gv_err(
		    GV_ECORRUPT, "a tree entry's mode %o is invalid", n);
	it->p++;
	*mode = n;
	return 0;
}

static int
take_name(struct gv_tree_iter *it, struct gv_tree_entry *e)
{
	const unsigned char *nul =
	    memchr(it->p, '\0', (size_t)(it->end - it->p));

	if (nul == NULL || it->end - nul - 1 < GV_OID_RAW)
		return gv_err(GV_ECORRUPT, "a tree is cut short");
	e->name = (const char *)it->p;
	e->name_len = (size_t)(nul - it->p);
	if (e->name_len == 0 || memchr(e->name, '/', e->name_len))
		return gv_err(GV_ECORRUPT,
		    "a tree entry's name is invalid: '%s'", e->name);
	memcpy(e->oid.id, nul + 1, GV_OID_RAW);
	it->p = nul + 1 + GV_OID_RAW;
	return 0;
}

/*
 * In Git's order the file "a" and the directory "a" need not be neighbours:
 * "a-b" comes between them. But all that does begins with "a", so it is enough
 * to know which beginnings of the last name were names of files themselves:
 * bit i of `files` stands for its first i bytes.
 */
static bool
is_double(struct gv_tree_iter *it, const struct gv_tree_entry *e, bool is_dir)
{
	size_t same = 0, i;
	bool found;

	while (same < it->last_len && same < e->name_len &&
	    it->last[same] == e->name[same])
		same++;
	/* forget the beginnings that are longer than what both share */
	for (i = same / 64; i < NAME_BITS / 64; i++)
		if (i > same / 64)
			it->files[i] = 0;
		else
			it->files[i] &= UINT64_MAX >> (63 - same % 64);
	if (e->name_len >= NAME_BITS)
		return false;
	i = e->name_len;
	found = is_dir && (it->files[i / 64] >> (i % 64) & 1);
	if (!is_dir)
		it->files[i / 64] |= UINT64_C(1) << (i % 64);
	return found;
}

/* Whether a folder of the same name is further on: all that can be between them
 * begins with that name. What cannot be read is reported in its turn. */
static bool
has_folder(const struct gv_tree_iter *from, const struct gv_tree_entry *file)
{
	struct gv_tree_iter it = *from;
	struct gv_tree_entry e;
	char *before = gv_err_save();
	bool found = false;

	while (!found && it.p < it.end && take_mode(&it, &e.mode) == 0 &&
	    take_name(&it, &e) == 0 && e.name_len >= file->name_len &&
	    memcmp(e.name, file->name, file->name_len) == 0)
		found = e.name_len == file->name_len &&
		    (e.mode & 0170000) == GV_MODE_DIR;
	gv_err_restore(before);
	return found;
}

int
gv_tree_next(struct gv_tree_iter *it, struct gv_tree_entry *e)
{
	bool is_dir;
	int r;

	do {
		if (it->p == it->end)
			return 0;
		if ((r = take_mode(it, &e->mode)) == 0)
			r = take_name(it, e);
		if (r < 0)
			return r;
	} while (it->is_mended && (e->mode & 0170000) != GV_MODE_DIR &&
	    has_folder(it, e));
	is_dir = (e->mode & 0170000) == GV_MODE_DIR;
	if (it->last &&
	    gv_path_compare(it->last, it->last_len, it->last_dir, e->name,
		e->name_len, is_dir) >= 0)
		return gv_err(GV_ECORRUPT,
		    "a tree is not in order, or double, at '%s'", e->name);
	if (is_double(it, e, is_dir))
		return gv_err(GV_ECORRUPT,
		    "a tree has '%s' as a file and as a directory", e->name);
	it->last = e->name;
	it->last_len = e->name_len;
	it->last_dir = is_dir;
	return 1;
}

/* Octal digits and a blank, up to the end of the text: where they begin. A
 * snapshot writes thousands, and printf() takes most of the time then. */
static size_t
put_mode(char text[MODE_MAX], unsigned mode)
{
	size_t at = MODE_MAX;

	text[--at] = ' ';
	do
		text[--at] = (char)('0' + (mode & 7));
	while (mode >>= 3);
	return at;
}

void
gv_tree_add(struct gv_buf *tree, unsigned mode, const char *name,
    size_t name_len, const struct gv_oid *oid)
{
	char text[MODE_MAX];
	size_t at = put_mode(text, mode);

	gv_buf_add(tree, text + at, MODE_MAX - at);
	gv_buf_add(tree, name, name_len);
	gv_buf_addch(tree, '\0');
	gv_buf_add(tree, oid->id, GV_OID_RAW);
}

/* The entry of one name: 1 if it is there, 0 if not. */
static int
find_name(const struct gv_object *tree, const char *name, size_t len,
    struct gv_tree_entry *e, bool is_mended)
{
	struct gv_tree_iter it;
	int r;

	gv_tree_iter_init(&it, tree->data, tree->len);
	it.is_mended = is_mended;
	while ((r = gv_tree_next(&it, e)) > 0)
		if (e->name_len == len && memcmp(e->name, name, len) == 0)
			return 1;
	return r;
}

static int
find(struct gv_odb *odb, const struct gv_oid *tree, const char *path,
    unsigned *mode, struct gv_oid *out, bool is_mended)
{
	struct gv_oid id = *tree;
	unsigned now = GV_MODE_DIR;
	struct gv_tree_entry e;
	struct gv_object obj;
	char hex[GV_OID_HEX + 1];
	size_t n;
	int r;

	for (; *path; path += n + (path[n] == '/')) {
		if (now != GV_MODE_DIR)
			return GV_ENOTFOUND;
		n = strcspn(path, "/");
		r = gv_odb_read_type(odb, &obj, &id, GV_OTYPE_TREE);
		if (r < 0)
			return r == GV_ENOTFOUND ? GV_ECORRUPT : r;
		r = find_name(&obj, path, n, &e, is_mended);
		gv_oid_format(hex, &id);
		if (r > 0) {
			id = e.oid;
			now = e.mode;
		}
		gv_object_release(&obj);
		if (r < 0)
			return gv_err_in(r, "tree %s", hex);
		if (r == 0)
			return GV_ENOTFOUND;
	}
	*mode = now;
	*out = id;
	return 0;
}

int
gv_tree_find(struct gv_odb *odb, const struct gv_oid *tree, const char *path,
    unsigned *mode, struct gv_oid *out)
{
	return find(odb, tree, path, mode, out, false);
}

int
gv_tree_find_mend(struct gv_odb *odb, const struct gv_oid *tree,
    const char *path, unsigned *mode, struct gv_oid *out)
{
	return find(odb, tree, path, mode, out, true);
}
