#ifndef GV_SEARCH_H
#define GV_SEARCH_H
/*
 * Searches every version of every file that snapshots hold, and if wanted all
 * that was ever committed. Each distinct content is read once, in the order in
 * which packs have it, by all processors, unless the index (search_index.h)
 * says that it lacks the text. Files are searched as they are stored: the
 * secrets that snapshots encrypt are not in them.
 *
 *	opts.each = show;	which calls gv_search_line()
 *	r = gv_search_run(&search, repo, &opts);
 *	gv_search_release(&search);
 *
 * The best is shown first, of all that is found. But where more than
 * GV_SEARCH_PORTION contents have to be read, the caller gets after these, and
 * each time that twice as many were read, what nothing else can change.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "repo/oid.h"
#include "search/sought.h"
#include "search/story.h"

struct gv_repo;
struct gv_search_private;

#define GV_SEARCH_PORTION 8192

/* Of what. The automatic saves are those of this working tree. */
enum gv_search_of {
	GV_SEARCH_OF_SNAPSHOTS,
	GV_SEARCH_OF_BOTH,
	GV_SEARCH_OF_SAVES,
};

struct gv_search_opts {
	const char *pattern;
	unsigned flags;   /* enum gv_sought_flags */
	const char *path; /* only files that it matches, as of gv_glob_match(),
			     by path or by name; NULL: all */
	bool commits;     /* what was committed as well */
	enum gv_search_of of;
	/* A finished search of the same pattern: what it read and found no
	 * match in is not read again; NULL: none */
	const struct gv_search *after;
	bool symbol; /* only lines that define what matches; they are known
			     when all is read */
	/* Takes each story once, as long as the call lasts; other than 0 ends
	 * the search. Required. */
	int (*each)(void *ctx, const struct gv_story *story);
	void *ctx;
};

/* A snapshot or a commit. */
struct gv_search_step {
	int64_t time;
	const char *snapshot; /* its id; NULL: a commit */
	struct gv_oid commit; /* of both */
	const char *author;   /* "Name <mail>" */
	const char *subject;
};

struct gv_search {
	struct gv_stories stories; /* last told, by numbers of these: */
	struct gv_search_step *steps;
	const char **paths;
	uint64_t snapshots, commits; /* how many were looked into */
	uint64_t blobs, bytes;       /* distinct contents that were searched */
	uint64_t read;               /* how many of them were read for it */
	uint64_t binary;  /* contents that are no text, or too large */
	uint64_t missing; /* contents that are not here, or damaged */
	bool is_nowhere;  /* no snapshot has it, and no automatic save */
	bool is_reading;  /* what is shown now, is so before all is read */
	bool is_untagged; /* ctags failed or took too long: lines were judged
			     one by one */
	struct gv_buf damaged; /* sentences about snapshots, a line each */
	/* private */
	struct gv_search_private *private;
	struct gv_arena arena;
};

/* The line of a story. */
struct gv_search_line {
	size_t number;      /* from 1 */
	uint64_t lines;     /* how many of this version have the text */
	struct gv_buf text; /* at most GV_SEARCH_TEXT bytes */
	bool is_withheld;   /* it seems to hold a secret: `text` is empty */
	bool is_definition; /* the line defines what is searched for */
};

#define GV_SEARCH_TEXT 400

/* Search. `out` may be used by opts->each. 0, also where that returned a
 * positive value; its negative one; GV_EUSAGE for a bad pattern; GV_ENOTFOUND
 * where there is nothing to search; GV_ERROR; GV_ECANCELED; GV_ENOMEM. To be
 * released in any case. */
int gv_search_run(struct gv_search *out, struct gv_repo *repo,
    const struct gv_search_opts *opts);

/* Whether the index alone says that a search finds nothing in the repository
 * whose working tree `dir` is (absolute), without opening it: 1, with what it
 * would have looked into in `out`; 0: it is to be searched; GV_ENOMEM. Nothing
 * of `out` is to be released. From any thread. */
int gv_search_glance(
    struct gv_search *out, const char *dir, const struct gv_search_opts *opts);

/* Read the first line that a story's last version has, or the first that is a
 * definition, but for one that the scanner takes for a secret. `out` is reused,
 * with an initialised buffer. 0; as reading an object fails; GV_EREFUSED where
 * the rules of the policy cannot be read; GV_ENOMEM. */
int gv_search_line(struct gv_search_line *out, struct gv_search *search,
    const struct gv_story *story);

/* It is looked for that many times. */
#define GV_SEARCH_RENAMED 200

/* What the text of a story was renamed to where it was removed, if the lines
 * that had it are there with another name. Reset `out`, and add the name, or
 * nothing. 0; failures as of gv_search_line(). */
int gv_search_renamed(struct gv_buf *out, struct gv_search *search,
    const struct gv_story_event *event);

void gv_search_release(struct gv_search *search);

#endif
