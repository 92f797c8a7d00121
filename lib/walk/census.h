#ifndef GV_CENSUS_H
#define GV_CENSUS_H
/*
 * The census of a working tree: what stands in every directory, what of it a
 * snapshot holds and why, and what differs from the last one. Directories
 * whose stat data stand as the cache remembers are not read again. It says
 * nothing of contents: rows flagged GV_ROW_READ have no object id yet.
 *
 *	r = gv_census_take(&census, &opts);
 *	dir = gv_census_dir(census, 0);		the root
 *	gv_census_free(census);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "worktree/statcache.h"

struct gv_base;
struct gv_index;
struct gv_repo;
struct gv_ignore_level;
struct timespec;

enum gv_census_dir_flags {
	GV_CENSUS_NEW = 1 << 0,     /* not in the last snapshot */
	GV_CENSUS_CHANGED = 1 << 1, /* its own manifest line differs */
	GV_CENSUS_GONE = 1 << 2,    /* it was there at the last snapshot */
	GV_CENSUS_UNREAD = 1 << 3,  /* could not be read: see `error` */
	GV_CENSUS_VIRTUAL = 1 << 4, /* of a sparse checkout: not on disk */
	GV_CENSUS_DIRTY = 1 << 5,   /* its tree must be built */
	GV_CENSUS_PLAIN = 1 << 6,   /* looked at in this run: `uid` and `gid`
				       are set, and there are no attributes */
	GV_CENSUS_SAME = 1 << 7,    /* could not be read last time either, and
				       its manifest line is as it was */
};

struct gv_census_dir {
	/* the rows: the cache's own while they stand as they were, else a
	 * private array; names are offsets into `names` */
	const struct gv_row *rows;
	struct gv_row *own; /* NULL, or the same as `rows` */
	const char *names;
	struct gv_buf text; /* private: holds `names` of own rows */
	uint32_t n;
	uint32_t parent; /* its own number for the root */
	uint32_t old;    /* its number in the cache, or UINT32_MAX */
	uint32_t mode;
	uint32_t uid, gid;
	uint32_t extra;
	int error; /* errno where it could not be read */
	int64_t mtime, ctime;
	uint64_t ino;
	uint64_t rules;
	const char *name;
	uint16_t name_len;
	uint8_t state;   /* by its name and its parent: enum gv_dir_state */
	uint8_t read_as; /* also by its own entries */
	/* its own reader changes them while its parent's looks */
	_Atomic uint8_t flags;
	struct gv_oid tree; /* the cache's, or as built */
	/* private to the walk */
	uint8_t queued, again, force, level_ready;
	struct gv_ignore_level *level;            /* its own file's */
	const struct gv_ignore_level *rules_here; /* that, or from above */
	struct gv_ignore_level *wish;             /* its own .vaultignore's */
	const struct gv_ignore_level *wish_here;  /* that, or from above */
	struct gv_ignore_level *accepted; /* where .vaultignore is held */
	const struct gv_ignore_level *accepted_here;
	/* private to the building of trees */
	uint32_t waiting; /* children whose trees are not built yet */
	int64_t clean;    /* entries of git's index it is equal to, or -1 */
};

/* An owner as rows name it in `spare` (of this run only). */
struct gv_census_owner {
	uint32_t uid, gid;
};

struct gv_census_opts {
	const struct gv_repo *repo;
	const struct gv_index *index;
	const struct gv_statcache *old; /* NULL: there is no last snapshot */
	bool same_index; /* the index is the one that `old` saw */
	/* only which things there are: of rows and directories no stat data,
	 * but for the kind in `mode`, and nothing that follows from them;
	 * without `old` */
	bool names_only;
	int threads; /* 0: one a processor */
	/* Read only the folders that lead to this path from the top: for
	 * gv_census_explain() of it alone; without `old`. NULL: all. */
	const char *toward;
	/* With that, read as well what decides whether an ignored file at the
	 * path is within the limits, also with `old`: the ignored files before
	 * it. Other files have no stat data. */
	bool limits;
	/* what the user wants in snapshots, or out of them; NULL: nothing is
	 * said beside the .vaultignore files */
	const struct gv_wish *wish;
	/* files that another version control system has; NULL: none */
	const struct gv_base *base;
	/* what another version control system ignores; NULL: Git's rules alone
	 */
	const struct gv_vcsrules *vcs;
	/* leave an ignored file that changed, and is not precious, as it was
	 * stored less than a day before `now` (seconds) */
	bool daily;
	int64_t now;
	/* take directories as `old` has them of which watch says that nothing
	 * happened in them since (worktree/hint.h) */
	bool hints;
};

/* The name under which replace.h writes a file before it renames it. If the
 * process is killed, a file of this name with a secret in clear is left, so no
 * snapshot stores it. */
#define GV_CENSUS_PATCHING ".git-vault-patch.tmp"

/* Limits for ignored files that are stored only because they would be lost: the
 * size of each, their total size, and their number. A folder with more entries
 * than the last limit holds none of them. */
#define GV_CENSUS_FILE_MOST  ((uint64_t)1024 * 1024)
#define GV_CENSUS_ALL_MOST   ((uint64_t)64 * 1024 * 1024)
#define GV_CENSUS_FILES_MOST 2000u
#define GV_CENSUS_CROWD      10000u

struct gv_census;
struct gv_vcsrules;
struct gv_wish;

/* Take the census of the repository's working tree; everything in `opts` must
 * outlive it. 0; GV_ECANCELED; GV_ERROR where the top directory cannot be
 * read (a directory below that cannot be is flagged and the walk goes on). */
int gv_census_take(struct gv_census **out, const struct gv_census_opts *opts);

/* Free; NULL-safe. */
void gv_census_free(struct gv_census *c);

/* The directory of a number; 0 is the root. A row with GV_ROW_DIR that is
 * stored holds the number in `size`. */
struct gv_census_dir *gv_census_dir(const struct gv_census *c, uint32_t i);

/* How many numbers there are (also of directories that are gone). */
uint32_t gv_census_dirs(const struct gv_census *c);

/* The last component of a row's path, NUL not behind it. */
static inline const char *
gv_census_name(const struct gv_census_dir *d, const struct gv_row *row)
{
	return d->names + row->name;
}

/* Give a directory rows of its own, to change them. 0 or GV_ENOMEM. */
int gv_census_own_rows(struct gv_census_dir *d);

/* Append the path of a directory, "" for the root; of a row in it. */
void
gv_census_dir_path(const struct gv_census *c, uint32_t dir, struct gv_buf *out);
void gv_census_path(const struct gv_census *c, uint32_t dir,
    const struct gv_row *row, struct gv_buf *out);

/* The owner of a row that was looked at in this run. */
const struct gv_census_owner *
gv_census_owner(const struct gv_census *c, const struct gv_row *row);

/* Descriptor of the working tree's top, as long as the census lives. */
int gv_census_root(const struct gv_census *c);

/* Append the extended attributes of the thing at a path, however deep. */
void gv_census_xattrs(const struct gv_census *c, const char *path, size_t len,
    struct gv_buf *out);

/* When the walk began, ns since 1970; and the digest of the rules that hold
 * for the whole tree. For the cache. */
int64_t gv_census_stamp(const struct gv_census *c);
uint64_t gv_census_rules(const struct gv_census *c);

/* Whether stat data of that ctime can be trusted by the next look. */
bool gv_census_is_settled(int64_t ctime, int64_t stamp);

/* Whether a cache of that stamp vouches for what stands there now: its row is
 * of this very file, unchanged. */
bool gv_census_is_row_same(
    const struct gv_row *row, const struct stat *st, int64_t stamp);
int64_t gv_census_ns(const struct timespec *t);

/* Whether that number stands for all times before 1677 or after 2262, which
 * only the file itself tells. */
bool gv_census_is_beyond(int64_t ns);

/* Whether anything at all differs from the cache: a row or a directory. */
bool gv_census_is_touched(const struct gv_census *c);

/* Whether the walk looked at more than the next one has to, since watch gave it
 * a number: worth a new cache, also where nothing differs. */
bool gv_census_is_counted(const struct gv_census *c);

/* How many files stay as they were stored, by `daily`. */
uint32_t gv_census_deferred(const struct gv_census *c);

/* Why something is left out. */
enum gv_census_left {
	GV_CENSUS_PRODUCT,  /* a build product or cache */
	GV_CENSUS_LARGE,    /* ignored, over the bound of one file */
	GV_CENSUS_FULL,     /* ignored, behind those that fill the bounds */
	GV_CENSUS_IN_CROWD, /* an ignored folder of too many entries */
	GV_CENSUS_UNWANTED, /* the user says so */
	GV_CENSUS_ELSES,    /* ignored: another version control's, or the
			       system's */
	GV_CENSUS_SPECIAL,  /* a socket, a FIFO or a device */
	GV_CENSUS_REPO,     /* a repository that is no submodule: only the id
			       of its commit is stored */
	GV_CENSUS_BASE,     /* as a revision of Subversion or Mercurial */
	GV_CENSUS_LEFTS
};

/* One thing that is left out: a row of `dir`, or with `row` NULL the directory
 * itself, where some of what is in it may be stored. */
struct gv_census_out {
	enum gv_census_left why;
	uint32_t dir;
	const struct gv_row *row;
	uint64_t bytes;   /* of a file that was looked at; else 0 */
	uint64_t entries; /* of a crowded folder: how many are left out */
};

/* Show fn each thing that is left out, in Git's order of paths. 0, or fn's
 * first other value; GV_ENOMEM. */
int gv_census_each_left(const struct gv_census *c,
    int (*fn)(void *ctx, const struct gv_census_out *out), void *ctx);

enum gv_census_kept {
	GV_CENSUS_LEFT_OUT,
	GV_CENSUS_PARTLY, /* a directory: some of what is in it, or a commit */
	GV_CENSUS_KEPT,
};

/* Why a path is, or is not, in a snapshot: a sentence for a person, from the
 * same rules that the walk applies, and whether it is. *row (or NULL) is the
 * path's own, or NULL if it has no row. The caller frees *out. 0; 1, with *out
 * NULL, where only a census of everything tells: an ignored file counts among
 * all others. GV_ENOTFOUND where there is no such path. */
int gv_census_explain(char **out, enum gv_census_kept *kept,
    const struct gv_row **row, const struct gv_census *c, const char *path,
    size_t len);

/* Write the census as a cache file: every reachable directory and row, in
 * Git's order. `head` holds what the census does not know. */
int gv_census_save(const struct gv_census *c, const char *path,
    struct gv_statcache_head *head);

#endif
