#ifndef GV_SEARCH_INTERNAL_H
#define GV_SEARCH_INTERNAL_H
/*
 * What the parts of search.h share: search.c runs it, search_snapshot.c and
 * search_commit.c list the versions of files that snapshots and commits have,
 * search_glance.c whether there is anything to find at all, search_recall.c
 * knows all that where the index has it, search_index.c says which need not be
 * read, search_scan.c searches the others, search_tell.c tells of them,
 * search_line.c shows one. Include it nowhere else.
 */

#include "base/map.h"
#include "policy/team_rules.h"
#include "scan/scan.h"
#include "search/descent.h"
#include "search/search.h"
#include "sys/file.h"
#include "textindex/extent.h"
#include "textindex/gram.h"

struct gv_definition_language;
struct gv_odb;

struct gv_search_tags {
	uint32_t *lines; /* rising */
	size_t n;
	bool is_known; /* else the table of definition.h is asked */
};

struct gv_search_private {
	struct gv_repo *repo;
	struct gv_odb *odb;
	const struct gv_search_opts *opts;
	struct gv_sought sought;
	size_t n_steps, cap_steps;
	struct gv_map path_map; /* of numbers + 1; empty if is_recalled */
	size_t n_paths, cap_paths;
	struct gv_map version_map;      /* likewise */
	struct gv_oid *versions;        /* what they are in the database */
	struct gv_story_version *found; /* of each */
	size_t n_versions, cap_versions;
	/* of gv_search_load(): how many of the first are of snapshots */
	struct gv_search_sizes {
		size_t steps, paths, versions, changes;
	} of_snapshots;
	uint32_t *path_of; /* of each: a path that has it */
	/* of each, where a tagger was asked: the lines that define it */
	struct gv_search_tags *tags;
	/* of each: it was read, or the index says that it lacks the text */
	bool *is_known;
	struct gv_story_change *changes;
	size_t n_changes, cap_changes;
	uint32_t *now;
	bool is_covered; /* by the index, all that is searched */
	struct gv_extent cover;
	struct gv_extent_found may_have; /* the text */
	/* steps and paths are those of a file, and versions rise by name */
	bool is_recalled;
	struct gv_file_map recalled;
	bool *is_foreign;    /* by path */
	struct gv_map shown; /* the first events of stories that were shown */
	struct gv_descent descent;
	size_t renamed; /* how often that was looked for */
	/* for lines */
	struct gv_team_rules rules;
	struct gv_scan scan;
	bool has_rules;
};

/* Whether a path is to be searched. */
bool gv_search_wants(
    const struct gv_search_opts *opts, const char *path, size_t len);

/* Add a step; its texts stay. 0 or GV_ENOMEM. */
int gv_search_add_step(struct gv_search *s, const struct gv_search_step *step);

/* The number of a path, and of a version. 0 or GV_ENOMEM. */
int gv_search_path(
    uint32_t *out, struct gv_search *s, const char *path, size_t len);
int
gv_search_version(uint32_t *out, struct gv_search *s, const struct gv_oid *oid);

/* The number of a version, if a step has it. */
bool gv_search_find_version(
    uint32_t *out, const struct gv_search *s, const struct gv_oid *oid);

/* Note that the last step gave a path this content; NULL: took it away. 0 or
 * GV_ENOMEM. */
int gv_search_change(struct gv_search *s, const char *path, size_t len,
    const struct gv_oid *oid);

/* Add the steps of all snapshots, and of commits. *tree is what the newest of
 * them has, and *time when that was; unchanged without any. */
int
gv_search_snapshots(struct gv_search *s, struct gv_oid *tree, int64_t *time);
int gv_search_commits(struct gv_search *s, struct gv_oid *tree, int64_t *time);

/* Begin, and add what snapshots have, and the newest has now, then what only
 * automatic saves of this working tree have. To be released in any case. 0;
 * GV_ENOTFOUND where there is neither; failures as of gv_search_run(). */
int gv_search_load(struct gv_search *out, struct gv_repo *repo);

/* Whether the index says that no version has the text, but for a few that were
 * read for it: 1, with what was looked into counted; 0: go on; a failure. */
int gv_search_nothing(struct gv_search *s);

/* Where the index covers all that is searched, take from the log that was made
 * with it (pathlog.h) the steps, and which versions need not be read: 1; 0
 * where that is still to be found out; GV_ENOMEM. */
int gv_search_recall(struct gv_search *s);

/* Make that log of what gv_search_load() found in snapshots. `lens` says of
 * each of their versions what gv_pathlog_version says. 0 or GV_ENOMEM. */
int gv_search_record(const struct gv_search *s,
    const unsigned char stamp[GV_EXTENT_STAMP], const uint32_t *lens);

/* The grams of what is searched for. */
void gv_search_grams(struct gv_grams *out, const struct gv_search_opts *opts);

/* Find out by the index which versions need not be read. 0 or GV_ENOMEM. */
int gv_search_index_ask(struct gv_search *s);

/* Whether a line defines what is searched for. */
bool gv_search_is_definition(const struct gv_search_private *p,
    uint32_t version, const struct gv_definition_language *lang,
    const char *text, const struct gv_sought_hit *hit);

/* Add to what is known of a version what its bytes have. 0 or GV_ENOMEM. */
int gv_search_look(
    struct gv_search *s, uint32_t version, const void *data, size_t len);

/* Ask the tagger which lines define what was found, where there is one. Of what
 * it knows, nothing else counts. It gets only what snapshots store: a file of a
 * commit may have secrets. */
int gv_search_ask_tagger(struct gv_search *s);

/* Search all versions, but for those that are known, and tell in between what
 * became of those that were read. 0; as gv_search_tell() and reading fail. */
int gv_search_scan(struct gv_search *s);

/* Give the caller the stories which no version can change that is not read, but
 * for those that it got before. What the caller returned if not 0; 0;
 * GV_ENOMEM. */
int gv_search_tell(struct gv_search *s);

#endif
