#ifndef GV_REPO_H
#define GV_REPO_H
/*
 * The repository as git itself finds it: `git rev-parse` is asked once, so
 * GIT_DIR, GIT_WORK_TREE, linked worktrees, safe.directory, hooks and every
 * extension mean here what they mean to git. Object ids are SHA-1; a SHA-256
 * or reftable repository is refused with a sentence.
 *
 *	r = gv_repo_open(&repo, GV_REPO_NEED_WORKTREE);
 *	r = gv_repo_odb(repo, &odb);
 *	gv_repo_close(repo);
 */

#include <stdbool.h>
#include <sys/types.h>

#include "repo/config.h"
#include "repo/oid.h"

struct gv_buf;
struct gv_odb;
struct gv_ref_git;

enum gv_repo_flags {
	GV_REPO_NEED_WORKTREE = 1 << 0, /* refuse a bare repository */
};

#define GV_REPO_NOTICES 3

/* Who answers a question that the library meets on its way: *yes is the
 * answer, and false where nobody may be asked; then `otherwise` is printed. 0;
 * GV_ECANCELED; GV_ERROR; GV_ENOMEM. From any thread, one at a time. */
struct gv_repo_asker {
	int (*ask)(
	    void *ctx, bool *yes, const char *otherwise, const char *question);
	void *ctx;
};

struct gv_repo {
	/* absolute paths, without a trailing '/' but for the root's */
	char *git_dir;     /* this worktree's own: HEAD, index */
	char *common_dir;  /* shared by all worktrees: refs, config */
	char *objects_dir; /* where new objects go */
	char *index_file;
	char *hooks_dir;   /* once gv_repo_find_hooks() has found it */
	char *worktree;    /* NULL: bare, or not inside one */
	char *prefix;      /* the current directory in it: "" or "a/b/" */
	char *vault_dir;   /* git_dir/vault: caches, journals; see below */
	char *git_version; /* private: gv_repo_git_version() */
	bool shallow;
	bool partial;       /* a partial clone: blobs may be fetched */
	char *head_ref;     /* "refs/heads/main"; NULL when detached */
	struct gv_oid head; /* the commit; zero before the first one */
	struct gv_config config;
	/* what was found on the way and is no failure: a sentence to be told
	 * at the end by who has it open; NULL: nothing */
	char *warning;
	/* the same, of a file of the policy that does not count in full, each
	 * with the id of the content that it is about */
	struct gv_repo_notice {
		char *text;
		struct gv_oid of;
		/* the content could not be read, so it cannot be compared */
		bool is_unreadable;
	} notices[GV_REPO_NOTICES];
	/* shows a sentence to the user at once; NULL: it is not shown */
	void (*on_note)(void *ctx, const char *sentence);
	void *note_ctx;
	struct gv_repo_asker asker; /* the command's; zero: the answer is no */
	struct gv_odb *odb;         /* private: gv_repo_odb() */
	unsigned looks; /* private: at the packs, since it is open */
	struct gv_ref_git *ref_git; /* private: gv_repo_stay() */
	/* private: how the object database and the git process are refreshed
	 * and closed. The modules that open them set these, since they are
	 * above this one */
	int (*refresh_odb)(struct gv_odb *odb);
	void (*close_odb)(struct gv_odb *odb);
	void (*close_ref_git)(struct gv_repo *repo);
};

/* Open the repository of the current directory and environment. 0;
 * GV_ENOTFOUND where there is none; GV_EREFUSED for one that we must not or
 * cannot work in (bare where a working tree is needed, SHA-256, reftable,
 * owned by someone else), each with git's own reason in the message. */
int gv_repo_open(struct gv_repo **out, unsigned flags);

/* Have its folder of hooks known. 0; GV_EREFUSED where git knows of none, by
 * what is configured; GV_ERROR; GV_ENOMEM. */
int gv_repo_find_hooks(struct gv_repo *repo);

/* For a long-lived process: read again which commit is checked out and which
 * packs there are. A borrowed object database is no longer
 * valid. 0; GV_ECORRUPT, GV_ERROR, GV_ENOMEM, and then head is zero. */
int gv_repo_look_again(struct gv_repo *repo);

/* The branch that is checked out, such as "main"; the full name if HEAD names
 * another ref; NULL if HEAD is detached. Borrowed from head_ref. */
const char *gv_repo_branch(const struct gv_repo *repo);

/* For who has it open for long and moves refs often: one git that goes on does
 * so, in place of one each time. gv_repo_rest(), called now and then, ends it
 * where it has been there for some seconds. 0 or GV_ENOMEM. */
int gv_repo_stay(struct gv_repo *repo);
void gv_repo_rest(struct gv_repo *repo);

/* Have who opened it show a sentence that the user needs to know now, such as
 * whose snapshot `latest` is. Where nobody asked to be told, nothing is said.
 */
void gv_repo_note(const struct gv_repo *repo, const char *sentence);

/* The version of git, such as "2.39.5"; borrowed. 0; GV_ERROR; GV_ENOTFOUND
 * where there is no git; GV_ENOMEM. */
int gv_repo_git_version(const char **out, struct gv_repo *repo);

/* The same as 239 for 2.39.5. */
int gv_repo_git_number(int *out, struct gv_repo *repo);

/* Free everything; NULL-safe. */
void gv_repo_close(struct gv_repo *repo);

/* How many bytes the objects of the repository take on disk, by the sizes of
 * their files; what cannot be looked at counts nothing. (repo_size.c) */
uint64_t gv_repo_size(const struct gv_repo *repo);

/* Until gv_repo_unshare() is given what this returns, files are made as
 * core.sharedRepository wants them in the repository, whatever the umask. Not
 * while files of the working tree are written. */
unsigned gv_repo_share(const struct gv_repo *repo);
void gv_repo_unshare(unsigned mask);

/* Whether others than its owner are to use the repository, by
 * core.sharedRepository. */
bool gv_repo_is_shared(const struct gv_repo *repo);

/* Give a file or directory that was just made the same rights, where other
 * threads make files meanwhile. One that it cannot be given to stays as it is.
 */
void gv_repo_share_fd(const struct gv_repo *repo, int fd);

/* Start a command of git-vault in the background, as gv_exec_detach() does.
 * What it says goes to the file "log" in `dir`, a folder of common_dir that is
 * made where it is missing. 0; GV_ENOTFOUND; GV_ERROR; *pid (may be NULL) is
 * then 0. (repo_share.c) */
int gv_repo_detach(const struct gv_repo *repo, const char *const *argv,
    const char *dir, pid_t *pid);

/* Make vault_dir if it is missing. */
int gv_repo_make_vault_dir(struct gv_repo *repo);

/* GV_EREFUSED inside a push's quarantine (git refuses ref updates there and
 * objects may vanish with the push), else 0. */
int gv_repo_check_writable(const struct gv_repo *repo);

/* Take the lock of this working tree, which every writer of the vault holds
 * while it works. Waits at most `wait_ms` milliseconds (0: half a minute). 0
 * with *lock set, for gv_lock_close(); GV_ELOCKED; GV_EREFUSED inside a push's
 * quarantine; GV_ERROR. *lock is -1 on failure. */
int gv_repo_lock(int *lock, struct gv_repo *repo, int wait_ms);

/* GV_ELOCKED while a `git gc` works in the repository, by the rule that git gc
 * itself goes by, else 0. */
int gv_repo_check_gc(const struct gv_repo *repo);

#endif
