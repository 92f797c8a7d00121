#ifndef GV_RECORD_H
#define GV_RECORD_H
/*
 * The record of a snapshot: its commit, read and written. A record knows what
 * the commit's trailers say and where its parts are; the files themselves are
 * in the trees.
 *
 *	r = gv_record_resolve(&rec, repo, "latest~2");
 *	r = gv_records_load(&all, repo, &damaged);
 *
 * "Newest" goes by the second in the id; within one second a snapshot is
 * newer than the one that it names as its previous, or else by its id. What is
 * deleted (see tombstone.h) is not there, also where another clone brought its
 * ref back; pins and later tags (see mark.h) are part of a record that is
 * loaded.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_repo;

/* The trigger of a snapshot of files that are about to be replaced. */
#define GV_RECORD_SAFETY "safety"

#define GV_RECORD_ID_LEN    25 /* YYYYMMDDTHHMMSSZ-xxxxxxxx */
#define GV_RECORD_STAMP_LEN 16 /* of it: the second it was taken in */
#define GV_RECORD_WITHHOLDS 4  /* the format of one that withholds values */

struct gv_record {
	char id[GV_RECORD_ID_LEN + 1];
	struct gv_oid commit;
	struct gv_oid root;  /* the commit's tree: tree/, index/, meta/ */
	struct gv_oid tree;  /* tree/: the files */
	struct gv_oid index; /* index/: zero where there is none */
	struct gv_oid meta;  /* meta/ */
	struct gv_oid base;  /* the HEAD commit it was taken on; zero: none */
	int64_t time;        /* seconds since 1970, the commit's */
	char *author;        /* "Name <mail>" */
	char *subject;       /* first line of the message */
	char *body;          /* the message without subject and trailers */
	char *host, *trigger, *branch, *previous; /* trailers, or NULL */
	char *only; /* the same: which files alone were taken */
	char *text; /* what the eight above point into; NULL: each is its own */
	char **tags; /* of the trailers, then those that were added later */
	size_t n_tags, n_own_tags;
	char **environments;
	size_t n_environments;
	/* snapshots of the repositories inside the working tree that belong
	 * to it: gv_record_read_nested() */
	char **nested;
	size_t n_nested;
	uint64_t files, bytes, secrets;
	uint64_t unread; /* paths that could not be read, so it lacks them */
	bool unmarked;   /* a mark of it cannot be read: it may have tags */
	/* what follows is not known, for all pins and tags are lost; set by who
	 * shows it (gv_mark_look()) */
	bool markless;
	bool pinned;      /* never deleted until it is unpinned */
	int64_t pin_time; /* when, where pinned */
	char *pin_reason; /* why, or NULL */
	unsigned format;  /* 3 where values are withheld, else 2 where files are
			     in  chunks, else 1; 0 to write 1 */
	bool is_apart;    /* to be written: `base` is no parent of it */
	bool recalled;    /* out of the cache: nobody read the commit now */
};

struct gv_records {
	struct gv_record *records; /* newest first */
	size_t n;
};

/* Whether the text is a snapshot's id by its form. */
bool gv_record_is_id(const char *text, size_t len);

/* Whether the text is short for an id: the beginning of it, or the eight digits
 * that it ends with. Texts of fewer than four characters are short for none. */
bool gv_record_is_short(const char *id, const char *text);

/* Whether a ref below GV_REFS_SNAPSHOTS, by its full name, has an id for the
 * rest of it. */
bool gv_record_is_ref(const char *name);

/* Whether it was taken on this machine. */
bool gv_record_is_here(const struct gv_record *rec);

/* Whether it says that it is of the environment. */
bool gv_record_is_of(const struct gv_record *rec, const char *env);

/* Whether it has the tag of `len` bytes. */
bool
gv_record_has_tag(const struct gv_record *rec, const char *tag, size_t len);

/* Whether somebody gave it a message: it has another one than
 * gv_record_set_default_message() would give it. */
bool gv_record_has_message(const struct gv_record *rec);

/* Read a commit object's bytes: all but `commit`, `tree`, `index` and `meta`,
 * which are left zero. 0; GV_ECORRUPT where it is no commit, none of ours, or
 * of a newer format (which is said); GV_ENOMEM. */
int gv_record_parse(struct gv_record *out, const void *data, size_t len);

/* Whether a commit object's bytes are those of a snapshot of a newer format. */
bool gv_record_is_newer(const void *data, size_t len);

/* Read a snapshot's commit. GV_ECORRUPT where it is none of ours or of a
 * newer format (which is said), GV_ENOTFOUND where the commit itself is not
 * there. tree, index and meta are set too. */
int gv_record_load(
    struct gv_record *out, struct gv_repo *repo, const struct gv_oid *commit);

/* Free what it holds; NULL-safe, zeroed struct ok. */
void gv_record_release(struct gv_record *rec);

/* Read every snapshot of the repository. A damaged one is left out and its
 * sentence appended, one a line, to `damaged` (may be NULL); so is that of
 * damaged marks or tombstones, which then count as none. */
int gv_records_load(
    struct gv_records *out, struct gv_repo *repo, struct gv_buf *damaged);

/* The same for who only looks: what a commit said when it was last read may
 * come out of the cache (record_cache.h), and then nobody has looked whether
 * its bytes are still undamaged. Never for what decides on data. */
int gv_records_recall(
    struct gv_records *out, struct gv_repo *repo, struct gv_buf *damaged);

/* Free; NULL-safe, zeroed struct ok. */
void gv_records_release(struct gv_records *recs);

/* The snapshots one after the other, the newest first, each read only when
 * it is asked for, or a little ahead. The caller closes it. */
struct gv_record_walk;

enum gv_record_how {
	/* as gv_records_recall() does */
	GV_RECORD_RECALL = 1,
	/* no more than the commits: `root` is the last that is surely set of
	 * the trees, and nobody has looked whether they are there */
	GV_RECORD_SKIM = 2,
	/* all will be asked for, so many are read at a time */
	GV_RECORD_ALL = 4,
};

/* Begin; `how` is a sum of the above. 0 or a failure. */
int gv_record_walk_open(
    struct gv_record_walk **out, struct gv_repo *repo, unsigned how);

/* Sentences, one a line, of damaged marks and tombstones, which count as none;
 * borrowed. */
const char *gv_record_walk_damaged(const struct gv_record_walk *walk);

/* The next one: 1 with *out set (the caller releases it), 0 at the end,
 * GV_ECORRUPT for a damaged one, named in the message (ask again for the one
 * behind it), or another failure. */
int gv_record_walk_next(struct gv_record_walk *walk, struct gv_record *out);

/* Read one by its commit, all of it, however it came. 0; GV_ENOTFOUND where it
 * was deleted just now, GV_ECORRUPT: `rec` as it was. */
int gv_record_walk_whole(struct gv_record_walk *walk, struct gv_record *rec);

/* Before the first is asked for: look only at snapshots whose commits `takes`
 * accepts. 0 or GV_ENOMEM. */
int gv_record_walk_choose(struct gv_record_walk *walk,
    bool (*takes)(void *ctx, const struct gv_oid *commit), void *ctx);

void gv_record_walk_close(struct gv_record_walk *walk);

/* Find the snapshot that an expression names:
 *
 * an id, a unique prefix of it (at least four characters), or its last eight
 * digits; latest and its variants (latest.h; if needed a line says who took
 * it); tag:NAME, the newest with that tag; good:ENV or good:ENV~N, that of a
 * known-good record (good.h); at:TIME, the newest that is not after it, as
 * gv_record_time() reads it; a commit-ish of the project: the newest taken on
 * that commit, else on one that it was rewritten from, or the snapshot whose
 * own commit it is.
 *
 * A deleted snapshot is not found. GV_ENOTFOUND says what was sought, and which
 * snapshot is nearest; GV_EREFUSED if the expression fits several, or git
 * cannot read TIME; GV_ECORRUPT if the snapshot is damaged: an older one is
 * never returned in its place. */
int gv_record_resolve(
    struct gv_record *out, struct gv_repo *repo, const char *expression);

/* The same for who only looks at its files: also one that was deleted, by its
 * own commit, as long as that is there. Nothing keeps it. */
int gv_record_resolve_to_read(
    struct gv_record *out, struct gv_repo *repo, const char *expression);

/* The same for several expressions at once: the records in the order given,
 * each once. The first failure ends it. */
int gv_records_resolve(struct gv_records *out, struct gv_repo *repo,
    const char *const *expressions, size_t n);

/* The id that an expression names, of a snapshot that may be damaged: it must
 * be its id, what is short for it, or its ref's whole name behind
 * refs/vault/snapshots/. 0 with *id (the caller frees) and *commit set,
 * GV_ENOTFOUND, GV_EREFUSED. */
int gv_record_resolve_ref(char **id, struct gv_oid *commit,
    struct gv_repo *repo, const char *expression);

/* As gv_record_resolve_to_read(), where a commit may stand beside a snapshot: 0
 * with *out set, or 1 with *commit set where the text is a commit-ish of the
 * project and not a snapshot's own commit. */
int gv_record_resolve_or_commit(struct gv_record *out, struct gv_oid *commit,
    struct gv_repo *repo, const char *expression);

/* The commit of the project that a text names to git: 1, or 0 where it names
 * none; a failure. */
int gv_record_commit(struct gv_oid *out, const char *text);

/* The time that a text means: a duration before now, or a date in any form that
 * git reads. 0; GV_EREFUSED if git cannot read it; as gv_policy_ago(). */
int gv_record_time(int64_t *out, const char *text);

/* The same of one from which on something is wanted: GV_EREFUSED also where it
 * is yet to come. */
int gv_record_since(int64_t *out, const char *text);

/* Which snapshots are meant: those that have all that is set. */
struct gv_record_filter {
	const char *const *tags; /* all of them */
	size_t n_tags;
	const char *host, *branch, *environment, *trigger;
	const char *since, *until;   /* as gv_record_time(), both included */
	const char *const *patterns; /* POSIX basic regular expressions; one
					of them matches in the message */
	size_t n_patterns;
	/* private, set by gv_record_filter_init() */
	int64_t from, to;
	void *compiled;
};

/* Read the dates and the patterns, which stay the caller's. 0; GV_EREFUSED for
 * a date or GV_EUSAGE for a pattern that is none. The caller releases it. */
int gv_record_filter_init(struct gv_record_filter *f);
void gv_record_filter_release(struct gv_record_filter *f);

/* Whether the snapshot is one of them. */
bool gv_record_filter_takes(
    const struct gv_record_filter *f, const struct gv_record *rec);

/* Append the commit message of a record: subject, body, trailers. A value
 * that would not fit on a line is C-quoted. A zero `base` is said too, since
 * a snapshot has other parents than its base. */
void gv_record_message(struct gv_buf *out, const struct gv_record *rec);

/* A snapshot that was taken, for this one, in a repository inside the working
 * tree. */
struct gv_record_nested {
	char id[GV_RECORD_ID_LEN + 1];
	struct gv_oid commit;
	const char *path; /* of that repository, from the top; borrowed */
};

/* Read one of `nested`; those of a record that was loaded are well-formed. 0,
 * or GV_ECORRUPT. */
int gv_record_read_nested(struct gv_record_nested *out, const char *text);

/* Add one. 0 or GV_ENOMEM. */
int gv_record_add_nested(struct gv_record *rec, const char *id,
    const struct gv_oid *commit, const char *path);

/* The id that is linked at a path, with *out set, or NULL. */
const char *gv_record_nested_at(struct gv_record_nested *out,
    const struct gv_record *rec, const char *path);

/* Set subject and body from a text as a person types it: the first line that
 * is not empty, and what follows. 0 or GV_ENOMEM with `rec` as it was. */
int gv_record_set_message(struct gv_record *rec, const char *text);

/* The same where nobody wrote a message: the subject names the branch (NULL:
 * none is checked out). */
int gv_record_set_default_message(struct gv_record *rec, const char *branch);

#endif
