#ifndef GV_WATCH_INTERNAL_H
#define GV_WATCH_INTERNAL_H
/*
 * What the parts of watch.h share. Include it nowhere else.
 */

#include "base/buf.h"
#include "base/map.h"
#include "policy/classes.h"
#include "sys/notice.h"
#include "sys/proc.h"
#include "watch/pace.h"
#include "watch/watch.h"
#include "worktree/hint.h"

/* Caches of what was seen of a working tree: that of automatic saves, and that
 * of snapshots. */
#define GV_WATCH_CACHES 2

/* What a cache says of the walk that made it, where all of its folders are
 * minded. (watch_folders.c) */
struct gv_watch_cover {
	uint64_t n;     /* the number of that walk; 0: not so */
	int64_t walked; /* when all was looked at last, seconds since 1970 */
	bool is_plain;  /* nothing in it changes without an event */
};

struct gv_watched {
	char *path, *git_dir; /* git_dir: NULL where it is not known */
	struct gv_pace pace;
	/* of the loop's clock; negative: never. A save began, a look at folders
	 * that nothing tells of, a save was tried */
	int64_t saved, looked, asked;
	int64_t changed; /* the same of the last change */
	int64_t retry;   /* not before that */
	int64_t there;   /* when it was last found there */
	bool is_open;    /* a session is under way */
	bool is_new;     /* it was never saved by this process */
	bool is_listed;  /* in the registry, as it was read last */
	bool is_gone;
	unsigned failures; /* one after the other */
	struct gv_watch_cover covers[GV_WATCH_CACHES];
	struct gv_classes classes;
	/* paths that change all the time and are never committed */
	struct gv_map restless;
	struct gv_buf restless_text; /* what they point into */
	/* for the board: seconds since 1970, texts */
	int64_t saved_at, changed_at;
	char id[32];
	const char *state;
	char *why;
};

/* Which folder the top of a project is. */
struct gv_watch_top {
	uint64_t dev, ino;
	size_t i;
};

struct gv_watch {
	const struct gv_watch_opts *opts;
	struct gv_notice *notice;
	struct gv_watched *items;
	size_t n, cap;
	struct gv_map by_path;     /* their numbers, plus one */
	struct gv_watch_top *tops; /* sorted; what was true once */
	size_t n_tops;
	int64_t now, read; /* the clock, and when the registry was read */
	uint64_t stamp;    /* of the configuration that it was read from */
	int64_t begun, since;
	uint64_t saves, questions, hints;
	unsigned factor; /* of intervals: battery, and own use of the processor
			  */
	struct gv_buf self;
	int poked;                   /* of the pipe that editors write to; -1 */
	struct gv_buf poked_rest;    /* the beginning of a message */
	bool is_moved;               /* the board is to be written */
	struct gv_proc_beside asked; /* who asks for a hint; fd -1 */
	struct gv_moment moment;     /* whose numbers these are */
};

/* The path of a file of watch's own, in a folder that is made. */
int gv_watch_file(struct gv_buf *out, const char *name);

/* Write the board; a failure is no reason to end. */
void gv_watch_write(const struct gv_watch *w);

/* Note that a project changed. */
void
gv_watch_changed(struct gv_watch *w, struct gv_watched *p, enum gv_class class);

/* Open the pipe for editors; without one, watch goes on. Note what has come
 * through it. (watch_poke.c) */
void gv_watch_poke_open(struct gv_watch *w);
void gv_watch_poke_read(struct gv_watch *w);
void gv_watch_poke_close(struct gv_watch *w);

/* Whether one is running: it holds the lock. 0 or GV_ERROR. */
int gv_watch_is_running(bool *is);

/* Read the board, as gv_watch_look() does, but for `is_running`; `session` is
 * of the process that wrote it. */
struct gv_session;
int gv_watch_read_board(struct gv_watch_board *out, struct gv_session *session);

/* gv_watch_look(), and which process it is. */
int gv_watch_look_who(struct gv_watch_board *out, struct gv_session *session);

/* Have the folders of a project minded that its last save knew. How many were
 * not minded before. (watch_folders.c) */
int gv_watch_folders(struct gv_watch *w, size_t i);

/* Whether all folders that a save stores are minded as the cache knows them
 * that was made by the walk of that number. (watch_folders.c) */
bool gv_watch_covers(struct gv_watch *w, size_t i, uint64_t n);

/* List the tops of all projects, for those who ask of many of them; the project
 * in the list whose top is that very folder, still; NULL. (watch_hint.c) */
void gv_watch_list_tops(struct gv_watch *w);
struct gv_watched *
gv_watch_find_top(struct gv_watch *w, uint64_t dev, uint64_t ino);

/* Answer who asks which of many trees stand still; the magic was read.
 * (watch_still.c) */
void gv_watch_answer_still(struct gv_watch *w, int fd);

/* What the system told of a folder, noted. (watch.c) */
void gv_watch_told(void *ctx, size_t i, const char *dir, const char *name);

/* Answer who asks which folders moved (worktree/hint.h). Without the socket,
 * watch goes on, and nobody has a hint. (watch_hint.c) */
void gv_watch_hint_open(struct gv_watch *w);
void gv_watch_hint_close(struct gv_watch *w);

/* Have the project saved, and note what came of it. (watch_save.c) */
int gv_watch_save(struct gv_watch *w, size_t i);

/* Have it tidied after a session: its packs, its saves, its index for searches.
 * No failure tells: the next session ends as well. (watch_save.c) */
void gv_watch_tidy(struct gv_watch *w, size_t i);

/* Read what its saves left of the classes of a project's files, and which of
 * them are restless: 0 or GV_ENOMEM. The class of one of its files, by its path
 * from the top. Forget both. (watch_class.c) */
int gv_watch_class_read(struct gv_watched *p);
enum gv_class gv_watch_class(const struct gv_watched *p, const char *path);
void gv_watch_class_forget(struct gv_watched *p);

void gv_watch_say(struct gv_watched *p, const char *state, const char *why);

#endif
