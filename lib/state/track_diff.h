#ifndef GV_TRACK_DIFF_H
#define GV_TRACK_DIFF_H
/*
 * What differs between two versions of a state: which resources came, went or
 * changed, and in which attributes. By their indexes alone, so no key is
 * needed, and parts that both have are not looked at. With a key, moved
 * resources are found, too, and old and new values, except sensitive
 * ones.
 *
 *	r = gv_track_diff(repo, &a, &b, NULL, print, ctx);
 */

#include <stdbool.h>
#include <stddef.h>

#include "state/track_leaf.h"

struct gv_repo;
struct gv_safe;
struct gv_track_of;
struct gv_track_version;

enum gv_track_change_kind {
	GV_TRACK_ADDED = 'A',
	GV_TRACK_DELETED = 'D',
	GV_TRACK_MODIFIED = 'M',
	GV_TRACK_REPLACED = 'R', /* it is another thing: its id changed */
	GV_TRACK_MOVED = 'V',    /* it is the same, under another address */
};

struct gv_track_changed {
	const char *name;
	enum gv_track_change_kind kind; /* never REPLACED, nor MOVED */
};

/* A value that changed, as far into an attribute as it differs. */
struct gv_track_line {
	const char *attribute; /* whose it is: of a change its own pointer */
	const char *path;      /* its name and what leads on: tags.Name */
	enum gv_track_change_kind kind; /* as of an attribute */
	bool is_sensitive;              /* then neither is given */
	const char *before, *after;     /* JSON, as it stands; NULL: none */
	size_t before_len, after_len;
};

struct gv_track_change {
	enum gv_track_change_kind kind;
	const struct gv_track_item *a, *b;         /* NULL: it is not there */
	const struct gv_track_changed *attributes; /* of what is on both sides*/
	size_t n;
	/* where values were asked for: of what changed, of all that is added
	 * or removed */
	const struct gv_track_line *lines;
	size_t n_lines;
};

/* What a diff does with a key. */
struct gv_track_with {
	/* lend a safe: called once at most, where something is to be opened.
	 * 0 or a failure */
	int (*open)(void *ctx, struct gv_safe **out);
	void *ctx;
	bool keys_only; /* open nothing unless the versions were saved under
			   different id keys: no moves, no values */
	bool values;    /* tell them; without it nothing depends on the key, but
			   whether a move is seen to be one */
	char shut[200]; /* told: why moves were not looked for, ""; … */
	bool is_keyless; /* … since no key is at hand */
	size_t opened;   /* parts, of both versions */
	bool is_same; /* told of versions under different id keys: they have the
			 same bytes */
	struct gv_safe *safe; /* private: that was lent */
};

/* The safe that is lent. 0; what with->open() returned. */
int gv_track_with_open(struct gv_safe **out, struct gv_track_with *with);

/* fn(ctx, change) for each that differs, by address; it lasts for the call, but
 * for names. `with` may be NULL. Versions that were saved under different id
 * keys are compared by their values. 0; fn's negative value; GV_ENOKEY where
 * nobody here can open these, GV_EREFUSED without `with`; GV_ECORRUPT;
 * GV_ENOTFOUND; GV_ENOMEM; with values GV_ENOKEY, too, and what with->open()
 * returned. */
int gv_track_diff(struct gv_repo *repo, const struct gv_track_version *a,
    const struct gv_track_version *b, struct gv_track_with *with,
    int (*fn)(void *ctx, const struct gv_track_change *change), void *ctx);

/* fn(ctx, item) for each item of a version, in the order of the state. The
 * same. */
int gv_track_items(struct gv_repo *repo, const struct gv_track_version *v,
    int (*fn)(void *ctx, const struct gv_track_item *item), void *ctx);

/* fn(ctx, version, change) for each version of a state in which what stands
 * under an address changed, the newest first, and of the first one that had
 * it, where it was added: fn() returns 0 to go on, 1 to stop. `with` is for
 * gv_track_diff(). 0; fn's negative value; as gv_track_log() and
 * gv_track_diff(). */
int gv_track_follow(struct gv_repo *repo, const struct gv_track_of *of,
    const char *address, struct gv_track_with *with,
    int (*fn)(void *ctx, const struct gv_track_version *v,
	const struct gv_track_change *change),
    void *ctx);

#endif
