#ifndef GV_REPAIR_INTERNAL_H
#define GV_REPAIR_INTERNAL_H
/*
 * What the parts of repair share: repair.c is the order of things,
 * repair_source.c where objects are looked for, repair_pack.c the damaged
 * files themselves.
 *
 *	r = gv_repair_inspect(&run);
 *	r = gv_repair_find(&item, &run, &oid, type);
 *	r = gv_repair_place(&run);
 */

#include <pthread.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "store/odb.h"
#include "store/odb_health.h"
#include "sys/proc.h"
#include "vault/repair.h"

struct gv_pack;
struct gv_pack_lane;
struct gv_statcache;

/* An object that could not be read. */
struct gv_repair_item {
	struct gv_oid oid;
	enum gv_otype type; /* 0: not known */
	bool found, is_told;
	const char *source, *detail;
	size_t len;
	struct gv_object obj; /* of a tree or commit that was found */
};

/* A pack with something wrong. */
struct gv_repair_pack {
	char *stem;
	struct gv_odb_health health;
	char salvage[GV_OID_HEX + 1]; /* the new pack's name; "": none */
	bool is_mended;               /* only its index was damaged */
};

/* Sources that are looked into once, when they are first needed. */
enum gv_repair_tried {
	GV_REPAIR_CACHE = 1 << 0,
	GV_REPAIR_WORKTREE = 1 << 1,
	GV_REPAIR_INDEX = 1 << 2,
	GV_REPAIR_UNPACKED = 1 << 3,
	GV_REPAIR_REMOTE = 1 << 4,
};

struct gv_repair_run {
	struct gv_repo *repo;
	const struct gv_repair_opts *opts;
	struct gv_repair_result *result;
	pthread_mutex_t lock; /* of all below, while snapshots are read */
	struct gv_arena arena;
	struct gv_map items; /* object id -> struct gv_repair_item */
	struct gv_odb *odb, *lenient, *other; /* `other`: the scratch's */
	struct gv_buf scratch; /* a bare repository of our own; "": none yet */
	unsigned tried;        /* enum gv_repair_tried */
	struct gv_statcache *cache;
	struct gv_map files; /* object id -> path, of the working tree */
	struct gv_repair_pack *packs;
	size_t n_packs, packs_cap;
	struct gv_buf loose; /* paths of damaged ones, a NUL behind each */
	struct gv_oid *loose_ids;
	size_t n_loose;
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
};

/* Run git: with the scratch as its repository where `in_scratch`, else in the
 * user's with `env` added (at most three before its NULL). 0 whatever its exit
 * status. */
int gv_repair_git(struct gv_proc *p, struct gv_repair_run *run,
    const char *const *argv, bool in_scratch, const char *const *env,
    const struct gv_buf *in);

/* Make the scratch if it is not there. */
int gv_repair_scratch(struct gv_repair_run *run);

/* Put into run->lane what git can unpack of packs that have no index. */
int gv_repair_unpacked(struct gv_repair_run *run);

/* Look for an object everywhere: 1 with its item where it was found, 0 where
 * it is lost (the item too), or a failure that ends us. With the lock held. */
int gv_repair_find(struct gv_repair_item **out, struct gv_repair_run *run,
    const struct gv_oid *oid, enum gv_otype type);

/* Read all packs and loose objects of the repository; mends what an index
 * alone is to blame for. */
int gv_repair_inspect(struct gv_repair_run *run);

/* Write what can be read of damaged packs to the scratch, or to run->lane. */
int gv_repair_salvage(struct gv_repair_run *run);

/* All is written and durable: put the new packs in place and the damaged
 * files aside. */
int gv_repair_place(struct gv_repair_run *run);

#endif
