#ifndef GV_MANIFEST_H
#define GV_MANIFEST_H
/*
 * What Git's trees cannot say of the files of a snapshot: one text line a
 * path, in layers. A layer is a blob in meta/manifest/ named by four hex
 * digits; 0000 is the base and holds every path, a later one holds only the
 * lines that changed, "-" where a path went. Layers apply in the order of
 * their names. See git-vault-format(5) for the grammar.
 *
 *	gv_manifest_begin(&b, "root", "root");
 *	gv_manifest_put(&b, &entry);
 *	...
 *	while ((r = gv_manifest_next(&it, &entry)) > 0) …
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_odb;

/* `holes` of a sparse file that values are withheld of: where it has data would
 * tell its length. A restore leaves out what is zero. */
#define GV_MANIFEST_HOLES_UNSAID "0"

/* `reason` of a file that is not stored, as it is as the revision of Subversion
 * or Mercurial that the snapshot names. */
#define GV_MANIFEST_BASE "base"

/* What kind of thing stood at the path. The letter is the line's first. */
enum gv_manifest_type {
	GV_MANIFEST_FILE = 'f',
	GV_MANIFEST_DIR = 'd', /* every directory: its times, mode */
	GV_MANIFEST_LINK = 'l',
	GV_MANIFEST_REPO = 'g',    /* submodule or nested repository */
	GV_MANIFEST_SPARSE = 's',  /* in the index, not checked out */
	GV_MANIFEST_SKIPPED = 'x', /* not stored: `reason` says why */
	GV_MANIFEST_GONE = '-',    /* only in a layer: the path went */
};

struct gv_manifest_entry {
	enum gv_manifest_type type;
	const char *path;
	size_t path_len; /* 0: the top directory itself */
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint32_t mode; /* permission bits, 07777 */
	/* NULL: the layer's own default, which gv_manifest_begin() set; a
	 * name, or the number in decimal where the system has no name */
	const char *user, *group;
	uint64_t link; /* hard links: equal in all names of one file; else 0 */
	/* NULL, or text as it stands in the line */
	const char *xattrs; /* as sys/xattr.h writes and reads it */
	const char *holes;  /* data extents "offset+length,…,size", or
			       GV_MANIFEST_HOLES_UNSAID */
	uint64_t chunked;   /* the size of a file that is kept in chunks: what
			       the tree has is a pointer; else 0 */
	const char *reason; /* of GV_MANIFEST_SKIPPED, or a flag of a file:
			       "unstable" where it changed while read,
			       "pointer" */
};

/* Whether a pointer of git's large-file filter stands for the file. */
bool gv_manifest_is_pointer(const struct gv_manifest_entry *e);

/* Whether the file is not stored for GV_MANIFEST_BASE; NULL is no such file. */
bool gv_manifest_is_base(const struct gv_manifest_entry *e);

/* Begin a layer in an empty buffer: header and default owner. It is of format
 * 1 until a file in chunks is put into it, then of format 2, which a reader
 * of format 1 alone refuses by name. */
void gv_manifest_begin(struct gv_buf *out, const char *user, const char *group);

/* Append one line. Modes that are usual (0644 for a file, 0755 for a
 * directory, 0777 for a link) take no room, nor does a user or group that is
 * the layer's default; an executable file differs from a plain one by its
 * mode. */
void gv_manifest_put(struct gv_buf *out, const struct gv_manifest_entry *e);

/* Append one run of data, in rising order, and at last the file's size, to
 * the text of the field `holes`. */
void gv_manifest_add_extent(struct gv_buf *text, uint64_t offset, uint64_t len);
void gv_manifest_end_extents(struct gv_buf *text, uint64_t size);

/* Take the first run of data off *text: 1 with both set; 0 at the end, then
 * *offset is the file's size and *len 0; GV_ECORRUPT. */
int gv_manifest_next_extent(const char **text, uint64_t *offset, uint64_t *len);

struct gv_manifest_iter {
	const char *p, *end;
	unsigned line;
	size_t keys;              /* how many of them this format has */
	const char *user, *group; /* the layer's defaults */
	struct gv_buf owner;      /* what those two point into */
	struct gv_buf path, text; /* what the entry's fields point into */
};

/* Begin to read a layer; the bytes stay the caller's. 0, or GV_ECORRUPT
 * where the header is not ours (a newer format is named as such). */
int gv_manifest_iter_init(
    struct gv_manifest_iter *it, const char *data, size_t len);

/* The next line: 1 with *e set (borrowed until the next call), 0 at the end,
 * GV_ECORRUPT with the line's number. User and group are filled in from the
 * defaults. */
int gv_manifest_next(struct gv_manifest_iter *it, struct gv_manifest_entry *e);
void gv_manifest_iter_release(struct gv_manifest_iter *it);

/* What a line is of, without all that it says. */
struct gv_manifest_line {
	const char *text; /* all of it, without the LF */
	size_t len;
	enum gv_manifest_type type;
	const char *path; /* no NUL behind it; borrowed as an entry's */
	size_t path_len;
	bool is_special; /* it has other names, or a reason */
};

/* Look at the next line and stay before it: 1 with *out set, 0 at the end,
 * GV_ECORRUPT. Only as much of it is checked as has to be read for that. */
int gv_manifest_peek(struct gv_manifest_line *out, struct gv_manifest_iter *it);

/* Go behind the line that was looked at. */
void gv_manifest_pass(
    struct gv_manifest_iter *it, const struct gv_manifest_line *line);

/* The effective manifest of a snapshot: all layers of the tree applied. */
struct gv_manifest;

/* The order of the effective manifest: bytes of the path, a directory as if
 * '/' stood behind it, so that it comes right before what it holds. */
int gv_manifest_compare(
    const struct gv_manifest_entry *a, const struct gv_manifest_entry *b);

/* Load it from the tree meta/manifest. 0, GV_ECORRUPT, GV_ENOTFOUND where a
 * layer is missing (its name in the message), GV_ENOMEM. */
int gv_manifest_load(
    struct gv_manifest **out, struct gv_odb *odb, const struct gv_oid *tree);

/* The same of the lines of a base in memory, which stay the caller's. 0,
 * GV_ECORRUPT, GV_ENOMEM. */
int gv_manifest_parse(struct gv_manifest **out, const char *data, size_t len);
void gv_manifest_free(struct gv_manifest *m);

/* The layers of a manifest, each read when it is first asked for. */
struct gv_manifest_text;

/* Open the tree meta/manifest; `odb` must outlive it. 0 or a failure as of
 * gv_manifest_load(). */
int gv_manifest_text_open(struct gv_manifest_text **out, struct gv_odb *odb,
    const struct gv_oid *tree);
void gv_manifest_text_close(struct gv_manifest_text *text); /* NULL-safe */

/* Put a layer that is not stored on top, once; its bytes stay the caller's and
 * must outlive `text`. */
void gv_manifest_text_add(
    struct gv_manifest_text *text, const char *data, size_t len);

/* Show fn a line, of one or the other, for each path of which two manifests do
 * not say the same. Where layers name other default owners, a path may be shown
 * of which they do. Show `also` each line of each layer of b: a path may come
 * several times, and one that went by now. 0, a negative value of theirs, or a
 * failure; GV_EREFUSED without a message where the two bases name others. */
int
gv_manifest_text_diff(struct gv_manifest_text *a, struct gv_manifest_text *b,
    int (*fn)(void *ctx, const struct gv_manifest_line *line),
    int (*also)(void *ctx, const struct gv_manifest_line *line), void *ctx);

/* Whether both say the same of one path, as far as that shows in the layers
 * that only one of them has: false where it does not. The layers that both have
 * are not read. 0 or a failure. */
int gv_manifest_text_is_alike(bool *is, struct gv_manifest_text *a,
    struct gv_manifest_text *b, const char *path, size_t len);

/* The effective manifest of some paths alone: those that takes() says, NULL for
 * all. As gv_manifest_load(); what says something of all paths
 * (gv_manifest_is_bare()) speaks of these. */
int
gv_manifest_text_pick(struct gv_manifest **out, struct gv_manifest_text *text,
    bool (*takes)(void *ctx, const char *path, size_t len), void *ctx);

/* The entry of a path, or NULL. */
const struct gv_manifest_entry *
gv_manifest_get(const struct gv_manifest *m, const char *path, size_t len);
/* The entry that says of the path, or of a directory around it, that it was
 * there and is not stored: what it held is not known then. NULL where there is
 * none, or no manifest. */
const struct gv_manifest_entry *gv_manifest_get_skipped(
    const struct gv_manifest *m, const char *path, size_t len);
/* All entries in path order (Git's). */
const struct gv_manifest_entry *
gv_manifest_at(const struct gv_manifest *m, size_t i);
size_t gv_manifest_count(const struct gv_manifest *m);
/* Whether the entry at a place is of a directory that has none below it. */
bool gv_manifest_is_bare(const struct gv_manifest *m, size_t i);

/* A layer of a snapshot's manifest: its name and where it is stored. */
struct gv_manifest_layer {
	unsigned number;
	struct gv_oid oid;
	size_t size; /* bytes of text, 0 where not known */
};

#define GV_MANIFEST_MAX_LAYERS 64

/* List the layers of the tree meta/manifest in the order of their numbers to
 * out[GV_MANIFEST_MAX_LAYERS]; their sizes are not asked for. 0; GV_ECORRUPT
 * where an entry is no layer or there are too many; GV_ENOTFOUND where the
 * tree or the base is missing. */
int gv_manifest_layers(struct gv_manifest_layer *out, size_t *n_out,
    struct gv_odb *odb, const struct gv_oid *tree);

/* Stack the layer `text` (begun by gv_manifest_begin(), holding the changes
 * since the snapshot whose layers are layers[0 … *n-1]) on those layers.
 * Every sixteenth is merged with the fifteen before it, and so on up, which
 * bounds their number; `layers` has room for GV_MANIFEST_MAX_LAYERS. On
 * success the layers to list in meta/manifest stand there (all but the last
 * as they were), the last with its bytes in *merged (the caller writes that
 * blob and sets its oid) and its number set. GV_EREFUSED without a message
 * where a new base is due instead: the numbers are used up, or the layers
 * have outgrown a quarter of the base; so it is for GV_ECORRUPT and
 * GV_ENOTFOUND of a damaged old layer. The layers stay as they were then. */
int gv_manifest_stack(struct gv_manifest_layer *layers, size_t *n,
    struct gv_buf *merged, struct gv_odb *odb, const struct gv_buf *text);

#endif
