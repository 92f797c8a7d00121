#ifndef GV_CENSUS_INTERNAL_H
#define GV_CENSUS_INTERNAL_H
/*
 * Shared by the files of the census: census.c has the directories and their
 * numbers, census_scan.c reads the cache, census_hint.c passes over what watch
 * says is as it was, census_read.c reads directories again, census_base.c
 * proves what a revision has, census_sparse.c adds paths that are not on disk,
 * census_repo.c recognises repositories, census_rules.c applies the rules,
 * census_bound.c limits ignored files, census_left.c lists what is left out,
 * census_save.c writes the cache. Include it nowhere else.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "sys/dir.h"
#include "walk/census.h"
#include "worktree/hint.h"
#include "worktree/ignore.h"
#include "worktree/index.h"

#define CHUNK      1024u
#define MAX_CHUNKS 65536u

/* Whether a row is of an ignored file that is stored as far as the bounds
 * reach. (census_bound.c) */
bool gv_census_is_choice(const struct gv_row *row);

struct gv_census {
	struct gv_census_opts opts;
	int root_fd;
	int64_t stamp;
	uint64_t rules;
	bool force; /* nothing of the cache's listings holds */
	bool icase;
	bool xattrs_reach; /* names are quicker than paths: gv_xattr_reaches */
	bool has_gitlinks; /* git's index has submodules */
	atomic_bool touched;

	/* directories by number, in chunks that never move */
	struct gv_census_dir **chunks;
	uint32_t n_dirs;
	void *huge; /* the first chunks, those of the cache; NULL: none */
	size_t huge_size;

	/* directories to read: a stack */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	uint32_t *queue;
	size_t n_queue, cap_queue;
	int busy; /* threads that may still add to it */
	bool stop;
	struct gv_arena names; /* of new directories */

	/* rules */
	pthread_mutex_t level_lock;
	struct gv_ignore_level *exclude, *excludes_file;
	uint32_t *climb; /* directories on the way up */
	size_t cap_climb;
	struct gv_buf git_dir; /* relative, where it lies in the tree and is
				  not named .git; else empty */

	/* owners seen in this run; guarded by level_lock */
	struct gv_census_owner *owners;
	size_t n_owners, cap_owners;

	/* what watch says, and a byte for each directory of the cache, 0: it is
	 * passed over (census_hint.c); NULL: none is. And one for each row, 1:
	 * something happened to this file. */
	struct gv_hint hint;
	unsigned char *looks, *named;
	int64_t walked; /* the stamp of the last walk that looked at all */

	atomic_uint next; /* of the scan */
	atomic_uint deferred;
};

/* A thread's own things. */
struct gv_census_worker {
	struct gv_buf path;
	int dir;        /* an open directory, and how much of the path */
	size_t name_at; /* stands before what is relative to it */
	struct gv_dir_names names;
	struct gv_buf extra;
	uint32_t owner_id, owner_uid, owner_gid; /* the last one used */
	bool has_owner;
};

/* census.c */
bool gv_census_is_entered(const struct gv_row *row); /* a stored directory */
int gv_census_dir_new(struct gv_census *c, uint32_t *number);
int gv_census_queue(struct gv_census *c, uint32_t dir);

/* census_scan.c: compare what the cache knows, queue what differs. */
int gv_census_scan(struct gv_census *c, struct gv_census_worker *h);

/* Of one directory of the cache: 0 or a failure. The queue has it, if it is to
 * be read. */
int
gv_census_scan_dir(struct gv_census *c, struct gv_census_worker *h, uint32_t i);

/* Whether all that is in a directory comes after the only path that is asked
 * of, in Git's order. */
bool gv_census_is_behind(const struct gv_census *c, const struct gv_buf *dir);

/* Put the path of a directory into h->path. */
void gv_census_begin_dir(
    struct gv_census *c, struct gv_census_worker *h, uint32_t dir);

/* Compare one row of a directory, whose path with a '/' is in h->path; 1 where
 * the directory must be read again. */
int gv_census_scan_row(
    struct gv_census *c, struct gv_census_worker *h, uint32_t dir, uint32_t i);

/* Whether git's index still tracks just what it tracked in a directory: what is
 * captured only because it is tracked, and what is ignored only because it is
 * not, depend on it. `path` is the directory's. */
bool gv_census_is_tracking_same(const struct gv_census *c,
    const struct gv_census_dir *d, struct gv_buf *path);

/* census_hint.c: ask watch which directories may have changed. 0 or GV_ENOMEM.
 */
int gv_census_hint(struct gv_census *c);

/* Whether a directory of the cache is as it was, by the hint; then, look at
 * what in it may have changed all the same. */
bool gv_census_is_passed(const struct gv_census *c, uint32_t dir);
int
gv_census_glance(struct gv_census *c, struct gv_census_worker *h, uint32_t dir);

/* A directory is read again: look at those below it that the hint passes over.
 */
int gv_census_scan_below(
    struct gv_census *c, struct gv_census_worker *h, uint32_t dir);

/* A name in an open directory. */
struct gv_census_at {
	int fd;
	const char *name;
	size_t len;
};

/* census_base.c: leave a file, whose path is in h->path, to the revision of
 * another version control system that has it. 1: its row is filled; 0: it is to
 * be stored; GV_ENOMEM. `old` is the cache's row of it, or NULL. */
int gv_census_leave_to_base(struct gv_census *c, struct gv_census_worker *h,
    struct gv_row *row, const struct gv_census_at *at, const struct gv_row *old,
    const struct stat *st);

/* Fill a row from stat data, with owner and the digest of extras. `path` is
 * the row's, in h->path. */
int gv_census_fill(struct gv_census *c, struct gv_census_worker *h,
    struct gv_row *row, const struct stat *st);

/* The part of it that scans compare. */
void gv_census_stamp_row(struct gv_row *row, const struct stat *st);

/* Whether a name is that of a file that says what is stored: an ignore file, or
 * the tag of a cache. */
bool gv_census_is_rules(const char *name, size_t len);

/* The digest of owner and extended attributes of the thing at h->path. */
uint32_t gv_census_extra(struct gv_census *c, struct gv_census_worker *h,
    const struct stat *st, bool *linked);

/* Whether a row of the cache stays as it is although its file changed. */
bool gv_census_is_deferred(
    const struct gv_census *c, const struct gv_row *row, const struct stat *st);

/* census_bound.c: of the ignored files that may be stored, leave out those
 * beyond the bounds, by the order of their paths. */
int gv_census_bound(struct gv_census *c);

/* Pass fn each row below the top that has one of these flags, and each
 * directory, in Git's order of paths. fn may change the row, but not the
 * listing of its directory. 0, or fn's first other value; GV_ENOMEM. */
int gv_census_each_row(const struct gv_census *c, uint32_t flags,
    int (*fn)(void *ctx, uint32_t dir, uint32_t i), void *ctx);

/* census_read.c: read one directory and judge what stands in it. */
int
gv_census_read(struct gv_census *c, struct gv_census_worker *h, uint32_t dir);

/* census_sparse.c: names that no file system gave, with types of our own: what
 * git's index has here and a sparse checkout has not put on disk. They are
 * borrowed from the index. */
#define GV_CENSUS_TYPE_SPARSE_FILE 254
#define GV_CENSUS_TYPE_SPARSE_DIR  255
struct gv_census_cursor;

int gv_census_add_sparse(
    struct gv_dir_names *names, const struct gv_census_cursor *from);

/* census_rules.c */
int gv_census_rules_open(struct gv_census *c);
void gv_census_rules_close(struct gv_census *c);
/* The rules that hold in a directory (NULL: none), read if need be;
 * `may_have` is false where it surely has no ignore file of its own. Sets the
 * directory's digest of them too. */
int gv_census_level(struct gv_census *c, uint32_t dir, bool may_have,
    const struct gv_ignore_level **out);

/* How a directory is read, by its own listing too: one that its tool marks is
 * a product, whatever its parent says. */
uint8_t gv_census_read_as(struct gv_census *c, uint32_t dir, int fd,
    const struct gv_dir_names *names, uint8_t state);

/* What becomes of an entry. `flags` are the row's (TRACKED is set already);
 * for a directory that is entered, *state is how. */
struct gv_census_verdict {
	uint32_t flags;
	uint8_t state; /* of a directory that is entered */
	bool enter;
	const char *rule; /* by which convention, or NULL */
	struct gv_ignore_why why;
};

/* What the verdict depends on. */
struct gv_census_case {
	uint8_t state;                          /* of the directory it is in */
	const struct gv_ignore_level *level;    /* that holds there; or NULL */
	const struct gv_ignore_level *wish;     /* of .vaultignore; or NULL */
	const struct gv_ignore_level *accepted; /* of the accepted ones */
	const struct gv_census *census;
	const struct gv_dir_names *siblings; /* all names there */
	const struct gv_buf *path;
	size_t name_at; /* where its last component begins */
	bool is_dir, tracked;
};

void
gv_census_judge(struct gv_census_verdict *v, const struct gv_census_case *c);

/* Git's index, gone through beside the names of a directory. */
struct gv_census_cursor {
	const struct gv_index *index;
	size_t at, end, prefix;
};

/* Stand before the entries below directory `path`. */
void gv_census_cursor_init(struct gv_census_cursor *cur,
    const struct gv_index *index, const struct gv_buf *path);

/* The entry of a name (of a directory: the first below it), or NULL; names
 * are asked for in Git's order. */
const struct gv_index_entry *gv_census_cursor_find(
    struct gv_census_cursor *cur, const char *name, size_t len, bool is_dir);

/* Whether a file is as its row of the cache says, and for long enough. */
bool gv_census_is_same(
    const struct gv_census *c, const struct gv_row *row, const struct stat *st);

/* Whether git's index by now has a file whole that is in chunks in the last
 * snapshot: then git's blob is to stand for it. */
bool gv_census_is_vouched(const struct gv_census *c, const struct gv_row *row,
    const struct gv_index_entry *e, const struct stat *st);

/* Take a row's id from git's index where that vouches for it, else mark it to
 * be read. Its flags say what it was: unstable, a pointer, in chunks. */
void gv_census_find_id(const struct gv_census *c, struct gv_row *row,
    const struct gv_index_entry *e, const struct stat *st);

/* census_repo.c */

/* Whether git's index has a submodule at `path`; its commit (may be NULL). */
bool gv_census_is_gitlink(const struct gv_census *c, const struct gv_buf *path,
    struct gv_oid *commit);

/* Whether git's index has the name at the end of `path`, or something below
 * it; names are asked for in Git's order. */
bool
gv_census_is_tracking(const struct gv_census *c, struct gv_census_cursor *cur,
    const struct gv_buf *path, size_t name_at, bool is_dir);

/* Whether the directory at `path` with those names is a repository of its own;
 * *commit is its HEAD, zero where it has none yet. An empty directory that
 * git's index has as a submodule is one too, of the index's commit. */
bool gv_census_is_repo(const struct gv_census *c, const struct gv_buf *path,
    const struct gv_dir_names *names, struct gv_oid *commit);

/* The same of a directory that was one, and is listed for it. */
bool gv_census_is_still_repo(const struct gv_census *c,
    const struct gv_buf *path, struct gv_oid *commit);

/* The state of a directory that is no longer a repository: how it is
 * to be read, only its parent's look can tell. */
#define GV_CENSUS_TO_JUDGE 255

#endif
