#ifndef GV_STORY_H
#define GV_STORY_H
/*
 * What became of a text in the files that had it: introduced, modified, moved
 * to another file, removed, or still there. A pure function of the steps that a
 * repository took (snapshots and commits, with the files that each changed) and
 * of what was found in each version of a file.
 *
 *	r = gv_story_tell(&stories, &steps);
 *	for (i = 0; i < stories.n; i++) … stories.items[i].path …
 *	gv_story_release(&stories);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_STORY_NONE UINT32_MAX

/* What was found in a version of a file. */
struct gv_story_version {
	uint32_t lines;     /* that have the text; 0: none */
	uint64_t print;     /* a hash of these lines */
	bool is_word;       /* one of them has it as a whole word */
	bool is_definition; /* one of them defines it */
};

/* A file that a step changed. */
struct gv_story_change {
	uint32_t step;
	uint32_t path;
	uint32_t version; /* that it has now; GV_STORY_NONE: it is gone */
	/* A commit: it changes nothing if a snapshot had this version before,
	 * for then it only records what was there. */
	bool is_commit;
};

/* No more changes are looked at for files that were renamed and edited: where
 * thousands went and came in one step, most are not followed. */
#define GV_STORY_LOOKED ((size_t)1 << 22)

struct gv_story_steps {
	const struct gv_story_change *changes; /* by step, the oldest first */
	size_t n;
	const struct gv_story_version *versions;
	size_t n_versions;
	/* by version: what it has is known; NULL: of all. Stories that another
	 * one may still change are open */
	const bool *is_read;
	const uint32_t *now;    /* by path: its version now, or GV_STORY_NONE */
	const bool *is_foreign; /* by path: others wrote it, or a tool did;
				   NULL: nobody else did */
	size_t n_paths;
	/* how much a version of a file that is gone has in common with that of
	 * a new one, if it may be the same file, renamed and edited; else 0;
	 * NULL: nothing is known */
	unsigned (*alike)(void *ctx, const struct gv_story_change *gone,
	    uint32_t version, const struct gv_story_change *came);
	void *ctx;
};

enum gv_story_what {
	GV_STORY_INTRODUCED,
	GV_STORY_MODIFIED,
	GV_STORY_MOVED, /* from the file `from` to `path` */
	GV_STORY_REMOVED,
};

/* "introduced", "modified" … */
extern const char *const gv_story_words[];

struct gv_story_event {
	enum gv_story_what what;
	uint32_t step, path;
	uint32_t from; /* of GV_STORY_MOVED, else GV_STORY_NONE */
	/* of GV_STORY_REMOVED, else GV_STORY_NONE: the file that this one was
	 * renamed to, the version that had the text, and the one that lacks it,
	 * of either file */
	uint32_t to, before, after;
};

struct gv_story {
	uint32_t path;    /* where it is now, or was last */
	uint32_t version; /* the last that has the text */
	bool is_there;
	bool is_word;
	bool is_definition;
	bool is_foreign;
	bool is_open; /* a version that is not read may change it */
	struct gv_story_event *events; /* the oldest first; at least one */
	size_t n, cap;
};

struct gv_stories {
	struct gv_story *items; /* definitions first, whole words first, what is
				   there first, what others wrote last, then by
				   the newest event */
	size_t n, cap;
};

/* 0 or GV_ENOMEM. To be released in any case. */
int gv_story_tell(struct gv_stories *out, const struct gv_story_steps *steps);

void gv_story_release(struct gv_stories *stories);

#endif
