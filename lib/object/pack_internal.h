#ifndef GV_PACK_INTERNAL_H
#define GV_PACK_INTERNAL_H
/*
 * What the files of the pack writer share; nobody else includes this, but
 * for the tests of the index.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_buf;
struct gv_odb;
struct gv_pack_lane;

#define GV_PACK_HEAD    12 /* bytes before the first object */
#define GV_PACK_STRIPES 256

/* Not tmp_, since git prune removes what begins so, also of a living writer;
 * what a killed one left is swept by the next. */
#define GV_PACK_TMP "gv_tmp_"

/* In the name of an index that was moved out of the way, before its pack's
 * 40 digits: it can come back, or its pack is being removed. */
#define GV_PACK_ASIDE "aside-"
#define GV_PACK_GOING "going-"

/* One object as the index tells it. */
struct gv_pack_entry {
	uint64_t offset;
	uint32_t crc;
	struct gv_oid oid;
};

/* The ids that were claimed, by their first byte. */
struct gv_pack_stripe {
	pthread_mutex_t lock;
	struct gv_oid *slots; /* open addressing; the zero id is free */
	uint32_t n, cap;
};

struct gv_pack {
	struct gv_odb *odb;
	int level;
	bool is_quick, no_sync;
	struct gv_pack_stripe stripes[GV_PACK_STRIPES];

	/* the file, and what the lanes leave: under `lock` */
	pthread_mutex_t lock;
	char *dir;    /* objects/pack */
	int dirfd;    /* of it; -1 before the file is made */
	int fd;       /* of the temporary file; -1 before */
	char tmp[48]; /* its name in dir, "" if it is not there */
	uint64_t offset;
	struct gv_pack_entry *entries;
	size_t n, cap;
	uint32_t deltas;
	unsigned lanes;
	struct gv_pack_lane *idle; /* closed, for those who open one */

	atomic_int failed; /* errno of the first failed write */

	/* in place: what gv_pack_unkeep() and gv_pack_free() take away */
	struct gv_oid checksum;
	int keep_fd; /* holds the lock that says we are alive; -1: no .keep */
	bool placed; /* the pack is ours and no ref has taken it yet */
};

/* Claim an id for the caller to write: 1 if nobody had it, 0 if it was seen
 * before, GV_ENOMEM. (pack_set.c) */
int gv_pack_claim(struct gv_pack *pack, const struct gv_oid *id);

/* Free the lanes that are idle. (pack_lane.c) */
void gv_pack_lane_free_idle(struct gv_pack *pack);

/* Free the ids that were claimed. (pack_set.c) */
void gv_pack_forget(struct gv_pack *pack);

/* Make the temporary file if there is none yet. Call with the lock held.
 * (pack.c) */
int gv_pack_need_file(struct gv_pack *pack);

/* Take note of what broke the pack (memory for GV_ENOMEM, else errno) unless
 * something did before, and say so. (pack.c) */
int gv_pack_fail(struct gv_pack *pack, int code);

/* Say again what broke the pack, or 0. (pack.c) */
int gv_pack_check(struct gv_pack *pack);

/* Make a temporary file in `dirfd` for reading and writing, locked so that
 * a sweep sees that its writer lives. Its name goes to `name` (48 bytes). The
 * descriptor, or -1 with errno set. (pack_keep.c) */
int gv_pack_tmp_open(int dirfd, char *name);

/* Write what a .keep says to a temporary file: its descriptor, which holds the
 * lock, or -1 with errno set; the name goes to `tmp` (48 bytes), also then, ""
 * where there is no file. (pack_keep.c) */
int gv_pack_keep_write(int dirfd, char *tmp);

/* Make it pack-<checksum>.keep, which is thus never seen without its text: 1;
 * 0 where there is one already, which is somebody else's; -1 with errno set.
 * (pack_keep.c) */
int
gv_pack_keep_place(int dirfd, const char *tmp, const struct gv_oid *checksum);

/* Remove what belongs to a pack but its index. (pack_drop.c) */
void gv_pack_drop_rest(int dirfd, const struct gv_oid *pack);

/* The name of a file of the pack ("pack", "idx", "keep"); 64 bytes. */
void gv_pack_name(char *out, const struct gv_oid *checksum, const char *ext);

/* The bytes of an entry's head: type (or 6 for a delta by offset) and size of
 * the object or delta; at most 10. Returns their count. (pack_lane.c) */
size_t gv_pack_entry_head(unsigned char *out, unsigned type, uint64_t size);

/* Sort the entries by id and append the whole index file, version 2.
 * (pack_index.c) */
int gv_pack_index(struct gv_buf *out, struct gv_pack_entry *entries, size_t n,
    const struct gv_oid *pack_checksum);

#endif
