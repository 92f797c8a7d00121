#ifndef GV_STATCACHE_H
#define GV_STATCACHE_H
/*
 * What the last snapshot saw of the working tree: a row a directory and a row
 * an entry, with stat data and object ids, in one mapped file. Losing it costs
 * time, never data. The file belongs to one machine and one working tree; its
 * numbers are in the machine's own order.
 *
 *	r = gv_statcache_open(&old, path);
 *	row = &old->rows[old->dirs[i].first];
 *	gv_statcache_close(old);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"
#include "sys/file.h"
#include "worktree/hint.h"

enum gv_row_flags {
	GV_ROW_DIR = 1 << 0,      /* `size` is the number of its dir row */
	GV_ROW_TRACKED = 1 << 1,  /* in git's index (a directory: below it) */
	GV_ROW_IGNORED = 1 << 2,  /* by git's rules; not stored */
	GV_ROW_PRODUCT = 1 << 3,  /* a build product; not stored */
	GV_ROW_PRECIOUS = 1 << 4, /* ignored, stored all the same */
	GV_ROW_SKIPPED = 1 << 5,  /* cannot be stored: see the reason */
	GV_ROW_UNSTABLE = 1 << 6, /* changed while it was read */
	GV_ROW_SPARSE = 1 << 7,   /* in the index, not checked out */
	GV_ROW_POINTER = 1 << 8,  /* large-file pointer stands for it */
	/* of this run only, never in the file */
	GV_ROW_MODE_OFF = 1 << 9,  /* executable here, not in the index, or
				      the other way round */
	GV_ROW_LOOKED = 1 << 10,   /* looked at in this run: `spare` is set */
	GV_ROW_BY_INDEX = 1 << 11, /* id taken from git's index, unread */
	GV_ROW_NEW = 1 << 12,      /* not in the last snapshot */
	GV_ROW_CHANGED = 1 << 13,  /* its manifest line differs */
	GV_ROW_READ = 1 << 14,     /* bytes must be read to know the id */
	GV_ROW_LINKED = 1 << 15,   /* has several names or extras: look */
	/* in the file again */
	GV_ROW_CHUNKED = 1 << 16, /* a pointer to chunks stands for it */
	/* something of it is withheld: `oid` is of what stands for the file */
	GV_ROW_WITHHELD = 1 << 17,
	GV_ROW_SEARCHED = 1 << 18, /* by what the head says of that */
	/* ignored, and not precious by its name: PRECIOUS too where it is
	 * stored, IGNORED where the bounds leave it out */
	GV_ROW_LOCAL = 1 << 19,
	GV_ROW_CONTENT = 1 << 20,  /* of these: precious by how it begins */
	GV_ROW_EXCLUDED = 1 << 21, /* IGNORED because the user says so */
	GV_ROW_WANTED = 1 << 22,   /* PRECIOUS because the user says so */
	GV_ROW_TWIN = 1 << 23,     /* it has other names, maybe elsewhere */
	GV_ROW_BASE = 1 << 24,     /* SKIPPED because it is as a revision of
				      another version control system: `oid` is
				      the SHA-1 of its content */
	GV_ROW_UNLIKE = 1 << 25,   /* that system says so, and it is not */
};

#define GV_ROW_KEPT_FLAGS 0x3ff01ffu /* those that the file keeps */

/* Flags of entries that are not stored in tree/. */
#define GV_ROW_ABSENT (GV_ROW_IGNORED | GV_ROW_PRODUCT | GV_ROW_SKIPPED)

struct gv_row {
	int64_t mtime; /* nanoseconds since 1970 */
	int64_t ctime;
	uint64_t ino;
	uint64_t size;
	uint32_t mode;  /* st_mode */
	uint32_t name;  /* offset in the names of its owner */
	uint32_t extra; /* digest of owner, links, attributes, holes */
	uint32_t flags;
	struct gv_oid oid;
	uint32_t spare;
	uint16_t name_len;
	uint16_t unused; /* zero, so that equal rows are equal bytes */
	uint32_t stored; /* of a LOCAL one: when its content was stored, in
			    minutes since 1970; else 0 */
};

enum gv_dir_state {
	GV_DIR_NORMAL,
	GV_DIR_PRECIOUS_ONLY, /* ignored: all that is no build product, within
				 the bounds */
	GV_DIR_TRACKED_ONLY,  /* a build product: what is tracked */
	GV_DIR_REPO,          /* a repository of its own: its commit */
	GV_DIR_CROWDED, /* ignored, with too many entries: what is tracked, or
			   precious by its name */
	GV_DIR_WANTED,  /* ignored, and the user wants all of it */
};

struct gv_dir_row {
	int64_t mtime, ctime;
	uint64_t ino;
	uint64_t rules; /* digest of its own ignore file, 0: none */
	uint32_t mode;
	uint32_t extra;
	uint32_t parent; /* its own number for the root */
	uint32_t name;   /* offset of its last component in the names */
	uint32_t first;  /* its entries, in Git's order */
	uint32_t n;
	uint16_t name_len;
	uint8_t state;      /* as its parent tells */
	uint8_t read_as;    /* as what is in it tells */
	struct gv_oid tree; /* zero: holds nothing that is stored; of a
			       repository: its commit */
};

/* Whether watch minds such a directory; who walks looks at all others. */
static inline bool
gv_dir_row_is_minded(const struct gv_dir_row *row)
{
	return row->state == GV_DIR_NORMAL || row->state == GV_DIR_WANTED ||
	    row->state == GV_DIR_PRECIOUS_ONLY;
}

/* Eight bytes; the number goes up with every change of the layout. */
#define GV_STATCACHE_MAGIC  "gvstat\0\7"
#define GV_STATCACHE_LAYERS 64

struct gv_statcache_head {
	char magic[8];
	uint32_t dirs, rows;
	uint64_t names;       /* bytes */
	int64_t stamp;        /* when the walk began, ns since 1970 */
	uint64_t rules;       /* digest of what holds for the whole tree */
	uint64_t index[4];    /* stamp of git's index: mtime, size, ino, sum */
	struct gv_oid commit; /* of the snapshot that this belongs to */
	struct gv_oid staged; /* its index/ tree, zero where it has none */
	struct gv_oid origin; /* digest of what counts as a change */
	char id[28];          /* its id, NUL-terminated */
	struct gv_oid search; /* what decided what is withheld; zero: nobody */
	struct gv_oid policy; /* of that, which files are sealed and for whom */
	struct gv_oid plain;  /* the tree that `staged` was made of; or zero */
	/* meta/secrets, meta/index-secrets, or zero */
	struct gv_oid secrets, index_secrets;
	uint64_t files, bytes, n_secrets;
	struct gv_moment moment; /* of the walk, as watch counts */
	int64_t walked; /* the stamp of the last walk that looked at all */
	uint32_t n_layers;
	/* CRC-32 of the head, with 0 for this, and of the sums at the end: a
	 * CRC-32 for each block of all between */
	uint32_t crc;
	struct {
		uint32_t number, size;
		struct gv_oid oid;
	} layers[GV_STATCACHE_LAYERS]; /* of its manifest */
};

struct gv_statcache {
	const struct gv_statcache_head *head;
	const struct gv_dir_row *dirs;
	const struct gv_row *rows;
	const char *names;
	struct gv_file_map map;
	void
	    *own; /* private: what is read, where it is no more as in the map */
	/* private: the sums, and of a part a byte for each block, 1 where it
	 * was found to be intact; NULL: all were */
	const char *sums;
	unsigned char *intact;
	/* of the file, of the last entry of the journal, or 0, and how many
	 * bytes of the journal count */
	uint32_t base, sum;
	size_t played;
};

#define GV_STATCACHE_BLOCK 16384 /* bytes of one sum */

/* Map the cache file. 0; GV_ENOTFOUND where there is none or it is of another
 * version, cut short or damaged (then work without: nothing is lost). */
int gv_statcache_open(struct gv_statcache **out, const char *path);

/* The same for gv_statcache_find() alone, which looks whether what it reads is
 * intact; nothing else of it may be used but the head. A path of 50,000 is
 * found in a tenth of the time. */
int gv_statcache_open_part(struct gv_statcache **out, const char *path);

/* Whether some bytes of the cache are intact. */
bool
gv_statcache_is_intact(const struct gv_statcache *c, const void *p, size_t len);

/* Unmap; NULL-safe. */
void gv_statcache_close(struct gv_statcache *c);

/* Visit every row below a directory of the cache, a directory before what it
 * holds: fn(ctx, path, row), the path in `path`, which comes in as the
 * directory's own ("" for the root) and is the same again at the end. Rows
 * that are not stored are visited too. 0, fn's negative value, GV_ENOMEM. */
int gv_statcache_walk(const struct gv_statcache *c, uint32_t dir,
    struct gv_buf *path,
    int (*fn)(void *ctx, const struct gv_buf *path, const struct gv_row *row),
    void *ctx);

/* The row of a path, or NULL where the cache has none, or where what tells is
 * damaged. */
const struct gv_row *
gv_statcache_find(const struct gv_statcache *c, const char *path, size_t len);

/* What a snapshot changed in the rows of a cache. Zeroed: nothing. */
struct gv_statcache_change {
	struct gv_buf dirs, rows; /* private, as the counts */
	uint32_t n_dirs, n_rows;
};

#define GV_STATCACHE_CHANGE_INIT                                               \
	{                                                                      \
		.dirs = GV_BUF_INIT, .rows = GV_BUF_INIT                       \
	}

/* Note a row as it is now. 0 or GV_ENOMEM. */
int gv_statcache_change_dir(struct gv_statcache_change *change, uint32_t number,
    const struct gv_dir_row *row);
int gv_statcache_change_row(struct gv_statcache_change *change, uint32_t number,
    const struct gv_row *row);
void gv_statcache_change_release(struct gv_statcache_change *change);

/* Where a journal would have more bytes than that share of its cache, the cache
 * is written as a whole. */
#define GV_STATCACHE_SHARE 4

/* Append what changed to the journal of the cache at `path`, which must be the
 * one that `c` was read from, with the new head. 0; GV_ENOTFOUND without a
 * message where that is not so or there is no room: then write the whole.
 * The caller holds the lock, as for that. */
int gv_statcache_append(const struct gv_statcache *c, const char *path,
    const struct gv_statcache_head *head, struct gv_statcache_change *change);

/* Apply bytes of a journal; what follows the last good entry does not count. 0,
 * or GV_ENOTFOUND where it cannot be. Then gv_statcache_is_sound() tells
 * whether the rows are a tree. For tests; opening does both. */
int
gv_statcache_replay(struct gv_statcache *c, const void *journal, size_t len);
bool gv_statcache_is_sound(const struct gv_statcache *c);

/* Write a cache: `head` with its counts set, and the three parts. The file is
 * replaced as a whole; not flushed, since the checksum tells. One writer at a
 * time: who writes holds the lock beside it. */
int gv_statcache_write(const char *path, struct gv_statcache_head *head,
    const struct gv_dir_row *dirs, const struct gv_row *rows,
    const struct gv_buf *names);

#endif
