#ifndef GV_STATS_H
#define GV_STATS_H
/*
 * What a vault holds, and what takes the space. Trees are read, each once, and
 * no file: sizes come from git, which knows them from its packs' indexes. So
 * the cost follows what differs between snapshots, not their number.
 *
 *	r = gv_stats_load(&stats, repo);
 *	… stats.kinds[GV_STATS_FILES].stored …
 *	gv_stats_release(&stats);
 *
 * "Stored" is what an object takes in its pack: compressed, and as a delta if
 * it is one. An object counts once, for the first of the kinds below that has
 * it, and for the newest snapshot's path.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

struct gv_repo;

enum gv_stats_kind {
	GV_STATS_FILES,   /* contents of files, encrypted ones apart */
	GV_STATS_META,    /* trees, manifests, commits of snapshots */
	GV_STATS_SECRETS, /* encrypted secrets */
	GV_STATS_STATES,  /* versions of tools' states */
	GV_STATS_TRASH,   /* what only deleted snapshots have */
	GV_STATS_KINDS
};

struct gv_stats_sum {
	uint64_t objects, stored, size; /* size: before compression */
};

/* A path over all snapshots. */
struct gv_stats_path {
	const char *path;
	size_t len;
	uint64_t versions, stored, size;
};

struct gv_stats_count {
	const char *name; /* a trigger, a scope, a file of .git/vault */
	uint64_t n;       /* how many, or bytes of a file */
};

struct gv_stats_counts {
	struct gv_stats_count *items;
	size_t n, cap;
};

struct gv_stats {
	uint64_t snapshots, pinned;
	int64_t oldest, newest; /* if there are snapshots */
	uint64_t logical;       /* bytes of all files of all snapshots */
	struct gv_stats_counts triggers;
	struct gv_stats_sum kinds[GV_STATS_KINDS];
	struct gv_stats_path *paths; /* the one that takes most first */
	size_t n_paths, cap_paths;
	struct gv_stats_counts scopes; /* secrets of each */
	uint64_t states, versions;     /* of tools' states */
	uint64_t trashed;              /* snapshots in the trash */
	struct gv_stats_counts caches; /* files and folders of .git/vault */
	/* the whole repository, the project's own objects too */
	uint64_t packs, pack_bytes, loose, loose_bytes;
	struct gv_buf damaged; /* sentences, a line each, of what could not be
				  read and is not counted */
	struct gv_arena arena;
};

/* Count. 0, also where something is damaged; GV_ERROR with git's words;
 * GV_ENOMEM. Release *out. */
int gv_stats_load(struct gv_stats *out, struct gv_repo *repo);

/* NULL-safe, zeroed ok. */
void gv_stats_release(struct gv_stats *s);

#endif
