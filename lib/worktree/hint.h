#ifndef GV_HINT_H
#define GV_HINT_H
/*
 * Which folders of a working tree may have changed since an earlier walk, and
 * in which of them only some files: what a process asks the running watch of
 * its user, so that it need not look at all others. Without a watch, or where
 * that does not know it for certain, there is no hint, and all is looked at.
 *
 * Watch counts what happens. A walk asks first and notes the number of that
 * moment with what it found (statcache.h). The next walk names this number, and
 * learns the folders and files to which something happened after it. So what
 * happens during a walk is in the next hint.
 *
 *	r = gv_hint_ask(&hint, fd_of_the_tree, &old->head->moment);
 *	if (hint.is) each of hint.names …
 *	head.moment = hint.now;
 *	gv_hint_release(&hint);
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* A number, and who counts: one watch has one name as long as it runs. Zeroed:
 * nobody counted. */
struct gv_moment {
	unsigned char by[16];
	uint64_t n;
};

struct gv_hint {
	bool is;        /* names holds all that may have changed */
	bool is_silent; /* a watch runs, and did not answer in time: what it
			   said earlier may still hold */
	struct gv_moment now;
	/* paths of folders in the working tree, "" its top, and of single
	 * files, with a slash in front; each with a NUL behind it */
	struct gv_buf names;
};

#define GV_HINT_INIT                                                           \
	{                                                                      \
		.names = GV_BUF_INIT                                           \
	}

/* How long a walk may go by hints, in nanoseconds, before one looks at all: a
 * file that is mapped and written, or that is written by a name outside of the
 * tree which it got later, tells nobody. */
#define GV_HINT_MOST ((int64_t)900 * 1000000000)

/* After that time an automatic save looks at all, so that there is always a
 * whole walk that is younger than GV_HINT_MOST: watch has one made in each
 * project every fifteen minutes. */
#define GV_HINT_RENEW (GV_HINT_MOST - (int64_t)60 * 1000000000)

/* Ask the running watch about the working tree that is open as `root`. Without
 * one, `out` says nothing. Only GV_ENOMEM is a failure. */
int gv_hint_ask(struct gv_hint *out, int root, const struct gv_moment *since);

/* Free; zeroed ok. */
void gv_hint_release(struct gv_hint *hint);

/* A working tree, by the folder that is its top, and a moment. */
struct gv_hint_tree {
	uint64_t dev, ino;
	struct gv_moment since;
};

/* Ask of several trees at once. still[i] becomes 1 where nothing at all
 * happened in tree i and its git directory since its moment, as far as events
 * and a whole walk of less than GV_HINT_MOST ago can tell; else 0. What events
 * do not tell of is no reason to say 1: a tree with files that have several
 * names, say, never stands still. *now is the moment of the answer, zeroed
 * without an answer. At most GV_HINT_TREES are asked of, the others are not
 * still. */
void gv_hint_ask_still(struct gv_moment *now, unsigned char *still,
    const struct gv_hint_tree *trees, size_t n);

#define GV_HINT_TREES 2000

/* ---- what watch reads and writes ----------------------------------------- */

/* Of one build of git-vault on one machine; another one is not understood. */
#define GV_HINT_MAGIC "GVHINT2"

/* Its socket, in the user's folder of configuration. */
#define GV_HINT_SOCKET "git-vault/watch/hint"

/* More names than that are no hint. */
#define GV_HINT_NAMES ((size_t)4 * 1024 * 1024)

/* How long either waits for the other. */
#define GV_HINT_WAIT_MS 1000

/* Either question begins with its magic. */
struct gv_hint_question {
	char magic[8];
	uint64_t dev, ino; /* of the working tree's top */
	uint64_t mounts;   /* which table of mounts the process has */
	struct gv_moment since;
};

/* Followed by the names. */
struct gv_hint_answer {
	char magic[8];
	struct gv_moment now;
	uint64_t len;
	uint32_t is; /* 1: the names are complete; 0: no names follow */
	uint32_t unused;
};

#define GV_HINT_STILL "GVSTILL"

/* Followed by `n` of struct gv_hint_tree. The answer is a moment and a byte for
 * each tree. */
struct gv_hint_still {
	char magic[8];
	uint64_t mounts, n;
};

/* Which table of mounts this process has; 0 where the system does not say. */
uint64_t gv_hint_mounts(void);

#endif
