#ifndef GV_PATHLOG_H
#define GV_PATHLOG_H
/*
 * Which files each snapshot changed, next to the index: with it, a search reads
 * no tree. It is of the refs that the stamp is of (extent.h), and says of each
 * content whether the index has it. A derived file,
 * .git/vault/search/pathlog.
 *
 *	if (gv_pathlog_load(&map, &log, repo, cover.stamp) > 0)
 *		for (i = 0; i < log.n_changes; i++)
 *			gv_pathlog_change(&change, &log, i);
 *	gv_file_unmap(&map);
 */

#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"
#include "textindex/extent.h"

struct gv_buf;
struct gv_file_map;
struct gv_repo;

#define GV_PATHLOG_NONE UINT32_MAX

/* A snapshot. */
struct gv_pathlog_step {
	int64_t time;
	struct gv_oid commit;
	const char *id, *author, *subject;
};

/* A content, and how long it is; or one of these. */
struct gv_pathlog_version {
	struct gv_oid oid;
	uint32_t len;
};
#define GV_PATHLOG_BINARY UINT32_C(0xffffffff) /* not a text */
#define GV_PATHLOG_UNTOLD UINT32_C(0xfffffffe) /* not in the index */

/* A file that a step changed. */
struct gv_pathlog_change {
	uint32_t step, path;
	uint32_t version; /* that it has now; GV_PATHLOG_NONE: it is gone */
};

/* ---- reading ------------------------------------------------------------- */

struct gv_pathlog {
	unsigned char stamp[GV_EXTENT_STAMP];
	size_t n_steps, n_paths, n_versions, n_changes;
	/* private: in the bytes that were parsed */
	const char *versions, *nows, *changes, *steps, *texts, *paths;
};

/* 0; GV_ECORRUPT without a message, where the bytes are damaged or make no
 * sense. They stay with the caller, as long as `out` or a text is used. */
int gv_pathlog_parse(struct gv_pathlog *out, const char *bytes, size_t len);

/* All steps, the oldest first, and all paths. There is room for them. */
void
gv_pathlog_steps(struct gv_pathlog_step *out, const struct gv_pathlog *log);
void gv_pathlog_paths(const char **out, const struct gv_pathlog *log);

/* The versions rise by name, the changes by step. */
void gv_pathlog_version(
    struct gv_pathlog_version *out, const struct gv_pathlog *log, size_t i);
void gv_pathlog_change(
    struct gv_pathlog_change *out, const struct gv_pathlog *log, size_t i);

/* The version that the newest snapshot has of a path, or GV_PATHLOG_NONE. */
uint32_t gv_pathlog_now(const struct gv_pathlog *log, size_t path);

/* Read the file, if it is of these refs: 1; 0, also if it is damaged;
 * GV_ENOMEM. To be unmapped in any case. */
int gv_pathlog_load(struct gv_file_map *map, struct gv_pathlog *out,
    const struct gv_repo *repo, const unsigned char stamp[GV_EXTENT_STAMP]);

/* ---- writing ------------------------------------------------------------- */

/* Versions have any order here, each once. */
struct gv_pathlog_draft {
	const unsigned char *stamp; /* GV_EXTENT_STAMP bytes */
	const struct gv_pathlog_step *steps;
	size_t n_steps;
	const char *const *paths;
	const uint32_t *nows; /* of each path */
	size_t n_paths;
	const struct gv_pathlog_version *versions;
	size_t n_versions;
	const struct gv_pathlog_change *changes;
	size_t n_changes;
};

/* Append the bytes. 0 or GV_ENOMEM. */
int gv_pathlog_format(struct gv_buf *out, const struct gv_pathlog_draft *draft);

/* Replace the file, for the user alone, and remove it. No failure tells. */
void gv_pathlog_save(
    const struct gv_repo *repo, const struct gv_pathlog_draft *draft);
void gv_pathlog_remove(const struct gv_repo *repo);

#endif
