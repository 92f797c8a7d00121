#ifndef GV_RESTORE_INTERNAL_H
#define GV_RESTORE_INTERNAL_H
/*
 * What the parts of the restore share, and nobody else: the plan, which is
 * the snapshot's tree with each entry's metadata beside it, a directory's
 * files together and every directory behind the one that holds it.
 *
 *	r = gv_restore_plan_load(&plan, run);
 *	gv_restore_plan_path(&path, plan, dir, name, len);
 *	gv_restore_plan_release(&plan);
 */

#include "base/arena.h"
#include "base/map.h"
#include "object/odb.h"
#include "record/manifest.h"
#include "restore/restore.h"
#include "sys/entry.h"
#include "sys/owner.h"
#include "sys/proc.h"
#include "view/revealed.h"

struct gv_crossing;
struct gv_restore_narrow;

struct gv_restore_meta {
	struct gv_entry_meta e;
	const char *holes; /* as in the manifest, or NULL */
};

/* What stands, whatever its names; a key of maps, so without padding. */
struct gv_restore_inode {
	uint64_t dev, ino;
};

/* What a path was when it was looked at: a step is taken only while it still
 * is that, so nothing newer is ever lost, however late the step comes. */
struct gv_restore_old {
	bool there;
	bool is_dir;
	bool is_shared; /* by several names */
	struct gv_restore_inode id;
	uint64_t size;
	int64_t mtime_s, ctime_s;
	uint32_t mtime_ns, ctime_ns;
};

struct gv_restore_dir {
	uint32_t parent; /* its place in `dirs`; the top's own is 0 */
	uint32_t name_len;
	const char *name;
	size_t path_len;
	uint32_t first, n; /* its files */
	const struct gv_manifest_entry *meta;
	uint32_t stored; /* the mode that the snapshot has */
	uid_t uid;       /* wanted; -1: any */
	gid_t gid;
	bool used;    /* to be made, or there is something in it to make */
	bool skipped; /* and all below */
	bool repo;    /* a nested repository: made, left empty */
	struct gv_oid commit; /* of that */
	bool there;           /* in place: it stands */
	bool blocked;         /* in place: a file stands there, `old` */
	bool locked;  /* in place: it must be opened for changes first */
	bool apart;   /* in place: on another mount than the tree's top */
	bool dirty;   /* in place: something in it changes */
	bool differs; /* in place: its own metadata does … */
	bool touched; /* … in more than the time, which each name in it sets */
	struct gv_restore_old old; /* in place: what stands there */
	uint32_t now_mode;         /* in place: its permission bits */
};

struct gv_restore_file {
	const char *name;
	uint32_t name_len;
	uint32_t dir;
	uint32_t mode;   /* as in the tree */
	uint32_t leader; /* place plus one of the first name of this hard
			    link; 0: no such link, or the first itself */
	struct gv_oid oid;
	const struct gv_manifest_entry *meta;
	uint32_t stored; /* the mode that the snapshot has */
	uid_t uid;       /* wanted; -1: any */
	gid_t gid;
	uint8_t action;  /* enum gv_restore_action, or one below */
	bool shared;     /* the first name of several */
	bool chunked;    /* the blob is a pointer to chunks */
	uint16_t closed; /* in place: mode bits that it lacks, and shall not
			    get if it holds what is secret */
	const struct gv_revealed_file *given; /* what is withheld of it; NULL */
	struct gv_revealed_left
	    *left; /* of that, what was not to be had; NULL */
};

#define GV_RESTORE_KEEP   255 /* it is as it shall be, or shall stay */
#define GV_RESTORE_FAILED 254 /* it could not be staged: not told yet */

struct gv_restore_plan {
	struct gv_restore_dir *dirs;
	size_t n_dirs, dirs_cap;
	struct gv_restore_file *files;
	size_t n_files, files_cap;
	struct gv_arena arena;
	struct gv_manifest *manifest; /* NULL where there is none */
	bool no_manifest;             /* there was one, but it is damaged */
};

/* One run: what every part needs. */
struct gv_restore_run {
	struct gv_repo *repo;
	struct gv_odb *odb;
	const struct gv_record *rec;
	const struct gv_restore_opts *opts;
	const char *over; /* the working tree, where it is restored in place */
	struct gv_restore_result *result;
	struct gv_restore_plan plan;
	struct gv_restore_narrow *narrow; /* NULL: all files are looked at */
	struct gv_revealed *given;        /* NULL: nothing is withheld */
	bool is_foreign; /* this clone did not take it: its metadata is tamed */
	bool index;      /* opts->index, and it can be read */
	struct gv_crossing *crossing; /* in place; NULL: nothing is barred */
	struct gv_map moved;          /* with opts->move: paths, and what each
					 is in the snapshot */
	struct gv_map selected;       /* paths, where there are pathspecs */
	struct gv_buf selected_text;
	struct gv_owner owner;
	mode_t mask;
	uid_t uid; /* who we are */
	gid_t gid;
};

/* Tell the audit chain which values the plan opens, and of those that are
 * revoked. As gv_unseal_tell(). */
int gv_restore_unseal(struct gv_restore_run *run);

/* What a thread of it has for itself. */
struct gv_restore_worker {
	struct gv_restore_run *run;
	struct gv_revealed_reader *reader; /* made when first needed */
};

/* NULL-safe, zeroed ok. */
void gv_restore_worker_release(struct gv_restore_worker *worker);

/* Tell the caller of a change; counts it. */
void gv_restore_tell(struct gv_restore_run *run, enum gv_restore_action action,
    const char *path, size_t len, const char *reason);
void gv_restore_tell_dir(struct gv_restore_run *run,
    enum gv_restore_action action, const char *path, size_t len);

/* Tell of the nested repositories: they are made as empty directories, or
 * stay. */
void gv_restore_tell_repos(struct gv_restore_run *run);

/* Say of a file what of it was not to be had, if anything; `is_left` where it
 * was not written for that. */
void gv_restore_tell_left(struct gv_restore_run *run, const char *path,
    size_t len, const struct gv_revealed_left *left, bool is_left);

/* Say that a path is not restored, because of this thread's message or of
 * `reason`. */
void gv_restore_skip(struct gv_restore_run *run, const char *path, size_t len,
    const char *reason);

/* Put a path, quoted where it is odd, before this thread's message; returns
 * `r`. */
int gv_restore_in(int r, const struct gv_buf *path);

/* Of the failure to read an object: one that is missing is damage, unlike a
 * path that is not there. */
int gv_restore_lacks(int r);

/* Whether this errno says that the disk or the system has had enough, which
 * is no matter of one path. */
bool gv_restore_is_full(int error);

/* ---- of what differs alone (restore_narrow.c) ---- */

/* If the restore may be one: take the safety snapshot, and find what differs
 * from it. 0 with run->narrow set and the result's `safety`, or with neither:
 * all files are to be looked at. Or a failure. */
int gv_restore_narrow_down(struct gv_restore_run *run);
void gv_restore_narrow_free(struct gv_restore_narrow *n); /* NULL-safe */

/* Whether a path belongs into the plan, as do the folders around what differs.
 * All do where `n` is NULL. */
bool gv_restore_narrow_has(
    const struct gv_restore_narrow *n, const char *path, size_t len);

/* The manifest of these paths. As gv_manifest_load(). */
int gv_restore_narrow_manifest(
    struct gv_manifest **out, const struct gv_restore_narrow *n);

/* How many files are in place and in no plan. */
uint64_t gv_restore_narrow_same(const struct gv_restore_run *run);

/* Whether the file that stands there now is the one that the safety snapshot
 * holds. */
bool gv_restore_narrow_is_held(
    const struct gv_restore_narrow *n, int root, const char *path, size_t len);

/* Whether a file of these stat data, as it is held, has the bytes of the
 * snapshot, both stored in the same way; false where that is not known. */
bool gv_restore_narrow_knows(bool *same, const struct gv_restore_narrow *n,
    const char *path, size_t len, const struct stat *st);

/* Whether anything of the path differs. It does where `n` is NULL. */
bool gv_restore_narrow_is_apart(
    const struct gv_restore_narrow *n, const char *path, size_t len);

/* Whether gv_restore_narrow_each() knows which files git ignores: not so where
 * its rules changed and there are files that it does not track. 0 or a
 * failure. */
int gv_restore_narrow_tells(bool *tells, const struct gv_restore_run *run);

/* Show fn each file, link or repository that the safety snapshot holds alone.
 * 0 or fn's negative value. */
int gv_restore_narrow_each(const struct gv_restore_narrow *n,
    int (*fn)(void *ctx, const char *path, size_t len, bool is_ignored),
    void *ctx);

/* Whether the differing paths include a folder that holds no file and is not
 * one of the planned paths. 0 or GV_ENOMEM. */
int gv_restore_narrow_has_empty(
    bool *has, const struct gv_restore_narrow *n, const struct gv_map *planned);

/* The .gitignore at the top of HEAD. 0; GV_ENOTFOUND, GV_ECORRUPT where it has
 * none; GV_ENOMEM. (restore_surplus.c) */
int gv_restore_head_ignore(struct gv_oid *id, const struct gv_restore_run *run);

/* What is said before the reason. */
#define GV_RESTORE_NO_SAFETY                                                   \
	"nothing was restored, since the safety snapshot failed"

/* Read tree and manifest into run->plan. 0, or the failure of reading. */
int gv_restore_plan_load(struct gv_restore_run *run);
void gv_restore_plan_release(struct gv_restore_plan *plan);

/* Give what is planned the paths that opts->move says; without it nothing
 * changes. 0; GV_EREFUSED where a file has no place there, or two have one;
 * GV_ENOMEM. (restore_move.c) */
int gv_restore_move(struct gv_restore_run *run);

/* Set `out` to the path of a directory, or of a file in it. */
void gv_restore_dir_path(
    struct gv_buf *out, const struct gv_restore_plan *plan, size_t dir);
void gv_restore_file_path(
    struct gv_buf *out, const struct gv_restore_plan *plan, size_t file);

/* Whether opts->stays leaves this path, and opts->takes takes it. */
bool gv_restore_is_taken(
    const struct gv_restore_run *run, const char *path, size_t len);

/* The same with the pathspecs (all are taken without any). */
bool gv_restore_is_selected(
    const struct gv_restore_run *run, const char *path, size_t len);

/* The same of the metadata of a directory that stands. */
bool gv_restore_sets_dir(
    const struct gv_restore_run *run, const char *path, size_t len);

/* Whether not all paths are taken, so that a directory is there only for what
 * is in it. */
bool gv_restore_is_narrow(const struct gv_restore_run *run);

/* Run git in this repository with an index of this name, at the top of the
 * working tree or in the user's directory; `in` may be NULL. 0 whatever its
 * exit status. */
int gv_restore_git(struct gv_proc *p, const struct gv_repo *repo,
    const char *const *argv, const char *index, bool in_prefix,
    const struct gv_buf *in);

/* The same with the repository's own index, which it writes. 0; GV_ELOCKED
 * where another git holds that; GV_ERROR. */
int gv_restore_git_write(
    struct gv_repo *repo, const char *const *argv, const struct gv_buf *in);

/* The name of an index of our own, which is not there yet. */
int gv_restore_name_index(struct gv_buf *out, struct gv_repo *repo);

/* "what: first line of git's complaint", with this code. */
int gv_restore_git_failed(const struct gv_proc *p, int code, const char *what);

/* More pathspecs than this are refused. */
#define GV_RESTORE_MAX_SPECS 1000

/* Run the pathspecs over the tree: fills run->selected. */
int gv_restore_select(struct gv_restore_run *run);

/* Leave of paths, each with a NUL behind it, only the files that the pathspecs
 * take (directories have a '/' at their end). 0 or a failure. */
int gv_restore_choose(struct gv_buf *paths, const struct gv_restore_run *run);

/* Look up the owner of an entry. Not thread safe. */
void gv_restore_owner_of(uid_t *uid, gid_t *gid, struct gv_restore_run *run,
    const struct gv_manifest_entry *e);

/* Find out whether this clone took the snapshot. 0 or a failure. */
int gv_restore_judge_origin(struct gv_restore_run *run);

/* Of a snapshot that it did not take, have *entry be one without set-id bits,
 * without attributes that give rights, and with a mode that the umask lets
 * through; counts it where that differs. NULL is fine. 0; GV_ECORRUPT;
 * GV_ENOMEM. */
int gv_restore_tame(struct gv_restore_run *run,
    const struct gv_manifest_entry **entry, bool is_link);

/* The metadata that a new file or directory of the plan is to be given;
 * owners only where they are not ours already. */
void gv_restore_file_meta(struct gv_restore_meta *out,
    const struct gv_restore_run *run, const struct gv_restore_file *f);
void gv_restore_dir_meta(struct gv_restore_meta *out,
    const struct gv_restore_run *run, const struct gv_restore_dir *d);

/* Give the bytes of a file, not of a link, to fn in pieces; a hole may come as
 * NULL with its length. As gv_odb_stream(), or where values are withheld of it
 * gv_revealed_stream(), and *left (zero else) is what that says. */
int gv_restore_stream(struct gv_revealed_left *left,
    struct gv_restore_worker *worker, const struct gv_restore_file *f,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx);

/* How many bytes are stored for it: those, but of a file with values. 0, or the
 * reading's failure. */
int gv_restore_size(
    uint64_t *size, struct gv_odb *odb, const struct gv_restore_file *f);

/* Find out whether all values of a file can be had; f->left is set where they
 * cannot. 0 or a failure. */
int gv_restore_try(struct gv_restore_worker *worker, struct gv_restore_file *f);

/* Write a file as a new one of this name, with its holes; where values were not
 * to be had, with their placeholders, and f->left is set. */
int gv_restore_write_file(struct gv_restore_worker *worker, int dirfd,
    const char *name, struct gv_restore_file *f,
    const struct gv_restore_meta *meta, unsigned *refused);

/* Make a symbolic link from a blob; GV_EREFUSED where the blob is no target
 * that a link can have. */
int gv_restore_write_link(struct gv_restore_run *run, int dirfd,
    const char *name, const struct gv_oid *oid,
    const struct gv_restore_meta *meta, unsigned *refused);

/* The same in memory: whether the bytes that would be written are those that
 * are stored. 0; GV_EREFUSED with what is wrong; or the reading's failure. */
int
gv_restore_rehearse_file(struct gv_odb *odb, const struct gv_restore_file *f);
int gv_restore_rehearse_link(struct gv_odb *odb, const struct gv_oid *oid);

/* The whole plan into the empty directory `root`. */
int gv_restore_write_tree(struct gv_restore_run *run, int root);

void gv_restore_old_of(struct gv_restore_old *out, const struct stat *st);

/* The steps of a restore into a tree that stands: a plain text of lines, each
 * with its checksum. Written to disk whole before the first step is taken;
 * any number of its steps may be taken again. */
struct gv_restore_journal {
	struct gv_buf text;
	size_t n;
};

/* Where it is kept and what it works on. */
struct gv_restore_place {
	const char *root;    /* absolute path of the tree */
	const char *control; /* directory of the journal, ours alone */
	const char *staging; /* of the new files, on the tree's file system */
	int root_fd, control_fd, staging_fd;  /* -1 until opened */
	const struct gv_restore_after *after; /* or NULL */
};

/* The journal and staging in a tree that is not on the repository's own file
 * system, or not the repository's at all. */
#define GV_RESTORE_CONTROL ".git-vault-restore"

/* The journal's first line, and the checksum of each other one. */
#define GV_RESTORE_MAGIC "git-vault restore 1\n"
uint32_t gv_restore_crc32(const char *p, size_t len);

void gv_restore_journal_begin(struct gv_restore_journal *j,
    const struct gv_restore_place *place, const char *snapshot,
    const char *safety, bool index);

/* Make a locked directory ours to change. */
void gv_restore_step_open(
    struct gv_restore_journal *j, const char *path, size_t len);
void gv_restore_step_unlink(struct gv_restore_journal *j,
    const struct gv_restore_old *old, const char *path, size_t len);
void gv_restore_step_rmdir(
    struct gv_restore_journal *j, const char *path, size_t len);
void gv_restore_step_mkdir(
    struct gv_restore_journal *j, const char *path, size_t len);
/* Move the staged file of this number over the path. */
void gv_restore_step_move(struct gv_restore_journal *j, size_t number,
    const struct gv_restore_old *old, const char *path, size_t len);
/* Give it metadata, if `kind`, S_IFDIR or S_IFREG for all that is no directory,
 * is what stands there then. */
void gv_restore_step_meta(struct gv_restore_journal *j,
    const struct gv_entry_meta *m, mode_t kind, const char *path, size_t len);
/* The same for a file, if it is the one that stood there; its time and mode may
 * be the new ones already. */
void gv_restore_step_touch(struct gv_restore_journal *j,
    const struct gv_restore_old *old, const struct gv_entry_meta *m,
    const char *path, size_t len);

/* Complete the journal and put it on disk: from here on the restore will be
 * finished, by us or by a later command. */
int gv_restore_journal_commit(
    struct gv_restore_journal *j, const struct gv_restore_place *place);

/* What the head of a journal says. */
struct gv_restore_header {
	struct gv_buf root, staging;
	char snapshot[GV_RECORD_ID_LEN + 1];
	char safety[GV_RECORD_ID_LEN + 1]; /* "-": none */
	bool index;
};

/* Whether every line is whole; sets *h, which the caller releases. */
int gv_restore_journal_check(
    struct gv_restore_header *h, const char *text, size_t len);
void gv_restore_header_release(struct gv_restore_header *h);

/* Take all steps. miss(ctx, path, len, reason) hears of each that could not
 * be, because the path is no longer what it was or we may not. 0, or a
 * failure that should be tried again. */
int gv_restore_journal_play(const char *text, size_t len,
    const struct gv_restore_place *place,
    void (*miss)(void *ctx, const char *path, size_t len, const char *reason),
    void *ctx, uint64_t *refused);

/* Fill in the paths of a place, which live in the two buffers: of the working
 * tree of `repo`, or with that NULL of any tree. Nothing is opened. */
int gv_restore_place_of(struct gv_restore_place *place, struct gv_buf paths[2],
    const struct gv_repo *repo, const char *root);

/* Make the directories of a place and open them, the tree's too. GV_EREFUSED
 * where they are to be new ones and somebody's own stand there. */
int gv_restore_place_make(struct gv_restore_place *place, bool is_new);
void gv_restore_place_close(struct gv_restore_place *place);

/* Whether they could be made: 0, or GV_EREFUSED as above. Nothing is made. */
int gv_restore_place_look(const struct gv_restore_place *place);

/* Nothing is to be done: remove the journal, then the rest. */
int gv_restore_place_clear(struct gv_restore_place *place);

/* All is done: mark the journal so, behind a flush of a tree on another disk,
 * and remove all. */
int gv_restore_place_done(struct gv_restore_place *place);

/* Finish or undo what an earlier run left at this place (its descriptors are
 * closed again). */
int gv_restore_place_recover(enum gv_restore_recovery *what,
    struct gv_restore_place *place, struct gv_repo *repo,
    struct gv_buf *sentence);

/* The name of a staged file. */
#define GV_RESTORE_NAME_MAX 24

/* The plan over the tree that stands at place->root. */
int
gv_restore_apply(struct gv_restore_run *run, struct gv_restore_place *place);

/* Whether a file that cannot be whole is not made: one stands there, or it is
 * the working tree. */
bool gv_restore_leaves(
    const struct gv_restore_run *run, const struct gv_restore_old *old);

/* Compare the plan with the tree that stands: sets every file's action and
 * old[i], every directory's state. */
int gv_restore_compare(
    struct gv_restore_run *run, int root, struct gv_restore_old *old);

/* Paths that stand at the root and that the snapshot does not hold, each with
 * a NUL behind it: what git tracks or would add, or (where the tree is not
 * the repository's) all of them but .git; of these what the pathspecs take. */
int gv_restore_list_surplus(
    struct gv_buf *out, struct gv_restore_run *run, int root);

/* Append the paths of all files below a directory (and, behind those, the
 * directories, each with a '/' at its end), NUL-separated. `except`, if any, is
 * a name to leave out at the top, and what is in a directory below with it. */
int gv_restore_list_below(struct gv_buf *out, int root, const char *path,
    size_t len, const char *except);

/* Append lines for `git update-index -z --index-info` of what was staged and
 * has values, whose blobs are made; `run` as below. 0 or a failure. */
int gv_restore_add_staged(struct gv_buf *info, struct gv_repo *repo,
    const struct gv_record *rec, struct gv_restore_run *run);

/* Mark paths, each with a NUL behind it, as to be added later, and tell `run`,
 * if any, which of them git cannot. 0; GV_ELOCKED or another failure. */
int gv_restore_intend(struct gv_repo *repo, const struct gv_buf *paths,
    struct gv_restore_run *run);

/* Before anything is written: whether another git holds the index, GV_ELOCKED,
 * and whether that of the snapshot can be read: GV_ECORRUPT, or it is skipped
 * where damage is to be. Sets run->index. 0 or a failure. */
int gv_restore_check_index(struct gv_restore_run *run);

/* Beside the journal: what was staged when it was written, until we have begun
 * to write the index ourselves. */
#define GV_RESTORE_INDEX_MARK "journal.index"

/* What is said where it is another now. */
#define GV_RESTORE_INDEX_STAGED                                                \
	"something was staged meanwhile, and it is left as it is"

/* Note what is staged. 0 or a failure. */
int gv_restore_mark_index(struct gv_repo *repo, int control_fd);

/* Whether that is still so, or the tree that we begin with is staged; also
 * where there is no mark. 0 or a failure. */
int gv_restore_is_marked(bool *is, struct gv_repo *repo, struct gv_odb *odb,
    const struct gv_record *rec, int control_fd);

/* Read the index of the snapshot into the repository's; the mark goes. `run`
 * opens values and counts what stays sealed; NULL where one that was
 * interrupted is finished. GV_ELOCKED where another git holds the index, with
 * it and the mark as they were. */
int gv_restore_write_index(struct gv_repo *repo, struct gv_odb *odb,
    const struct gv_record *rec, struct gv_restore_run *run, int control_fd);

#endif
