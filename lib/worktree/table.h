#ifndef GV_TABLE_H
#define GV_TABLE_H
/*
 * A cache that is a table: records of any bytes, each under a key of one size.
 * What its file holds is looked up in the file's bytes as they are, and by
 * several threads; what is added comes in when it is written. For a handful of
 * whole things, or what is changed in place, it is not.
 *
 *	struct gv_table t = GV_TABLE_INIT("GVTHING1", GV_OID_RAW);
 *
 *	r = gv_table_load(&t, repo, "things");
 *	if ((p = gv_table_get(&t, id, &len)) == NULL)
 *		gv_table_add(&t, id, p, len);
 *	gv_table_save(&t, repo, "things", NULL, NULL, false);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "repo/oid.h"
#include "sys/file.h"

struct gv_refs;
struct gv_repo;

#define GV_TABLE_KEY 28 /* bytes of the longest key */

/* A record that was added: it begins there in `added`. */
struct gv_table_row {
	unsigned char key[GV_TABLE_KEY]; /* zeros behind a shorter one */
	size_t at, len;
};

struct gv_table {
	const char *magic;   /* eight characters: what it is, in which form */
	size_t key;          /* bytes of a key */
	struct gv_oid stamp; /* who made it: with another one it is ignored */
	struct gv_file_map map; /* the file that was loaded */
	const char *file;       /* what is looked up in: these, or others */
	size_t len, n;          /* its length, how many records are in it */
	size_t first[257];      /* of them, whose key begins with that byte */
	struct gv_buf added;
	struct gv_table_row *rows; /* of what was added */
	size_t n_rows, cap_rows;
};

#define GV_TABLE_INIT(m, n)                                                    \
	{                                                                      \
		.magic = (m), .key = (n), .added = GV_BUF_INIT                 \
	}

/* Look up in these bytes of a file, which stay the caller's. 0; GV_ECORRUPT
 * without a message where they are no such table or are damaged, and `t` is as
 * it was. */
int gv_table_parse(struct gv_table *t, const char *file, size_t len);

/* The same for the repository's file of this name: what cannot be read, or is
 * none, leaves `t` as it was. 0 or GV_ENOMEM. */
int
gv_table_load(struct gv_table *t, const struct gv_repo *repo, const char *name);

/* The record under a key in the file, borrowed; NULL where there is none. Safe
 * in threads. */
const char *
gv_table_get(const struct gv_table *t, const void *key, size_t *len);

/* The key of the i-th of the n records in the file, borrowed. */
const char *gv_table_key(const struct gv_table *t, size_t i);

/* Add a record, of as many bytes as there may be: none, too. 0 or GV_ENOMEM. */
int
gv_table_add(struct gv_table *t, const void *key, const void *p, size_t len);

/* Append the file of what it has and what was added; of several records under
 * one key the last that was added. Sorts what was added. `keep` tells of a key
 * whether its record stays; NULL: all do. */
void gv_table_format(struct gv_buf *out, struct gv_table *t,
    bool (*keep)(const void *ctx, const void *key), const void *ctx);

/* Replace the repository's file of this name by that, as gv_cache_save() does,
 * and tell whether it is replaced; what was added is then forgotten. One that
 * has become too large begins again with what was added. */
bool gv_table_save(struct gv_table *t, const struct gv_repo *repo,
    const char *name, bool (*keep)(const void *ctx, const void *key),
    const void *ctx, bool makes_dir);

/* The same of a table by ids of commits, without those that none of these refs
 * names. Where memory is short nothing is written. */
void gv_table_save_refs(struct gv_table *t, const struct gv_repo *repo,
    const char *name, const struct gv_refs *refs);

/* Free; NULL-safe, zeroed struct ok. */
void gv_table_release(struct gv_table *t);

#endif
