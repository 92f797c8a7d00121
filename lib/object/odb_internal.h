#ifndef GV_ODB_INTERNAL_H
#define GV_ODB_INTERNAL_H
/*
 * What the files of the object database share; nobody else includes this, but
 * for the tests.
 *
 * A view is what the object folders held when they were last looked at. It is
 * never changed, only replaced, and all views and packs live until the
 * database is closed: so lookups take no lock.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zlib.h>

#include "object/odb.h"

struct gv_buf;
struct gv_inflate;
struct gv_odb_table;

/* A pack by its index. */
struct gv_odb_pack {
	char *stem; /* the path up to the '.' before the extension */
	unsigned number;
	bool is_cruft; /* its objects are on their way out */
	const unsigned char *map;
	size_t map_len;
	bool is_read;     /* into memory of our own, not mapped */
	unsigned version; /* of the index: 1 or 2 */
	uint32_t n, n_large;
	const unsigned char *fanout, *ids, *offsets, *large, *trailer;
	size_t id_step;

	atomic_int fd;  /* of the pack, opened when read; -1 before */
	unsigned users; /* jobs that read it, which keep fd; under the lock */
	uint64_t size;  /* of the pack without its trailer; set before fd */
	unsigned char *bytes; /* all of it, or NULL; set before fd */
	atomic_int stamp;     /* 0; 1: set to now; -1: cannot be set */
	/* a bit an object; NULL: none */
	_Atomic(atomic_uchar *) relied;
	_Atomic(atomic_uchar *) checked; /* its hash, for gv_odb_set_once() */
	struct gv_odb_pack *next;        /* of all that were ever seen */
};

/* The loose objects of one of the 256 folders, sorted. */
struct gv_odb_loose {
	size_t n;
	atomic_uchar *relied; /* one an object */
	struct gv_oid ids[];
};

struct gv_odb_dir {
	char *path;
	int depth; /* alternates of alternates are deeper */
	_Atomic(struct gv_odb_loose *) lists[256]; /* NULL: not yet read */
	/* under the database's lock: how many were read, and which there are,
	 * if that is known */
	unsigned looks;
	bool is_listed, has[256];
};

struct gv_odb_view {
	struct gv_odb_dir *dirs;
	size_t n_dirs, cap_dirs;
	struct gv_odb_pack **packs;
	size_t n_packs, cap_packs;
	char *damage; /* a pack index that could not be used, and why */
	_Atomic(struct gv_odb_table *) table; /* NULL: not asked for */
	atomic_uint asked; /* how often a writer looked for an object */
	struct gv_odb_view *older;
};

/* How far a search through the packs of a view has come. */
struct gv_odb_cursor {
	size_t i, first;
};

/* What one thread needs while it reads: taken from a pool. */
struct gv_odb_reader {
	struct gv_inflate *z;
	unsigned char *window; /* bytes of `pack` from `at` on */
	size_t len, cap;
	struct gv_odb_pack *pack;
	uint64_t at;
	struct gv_odb_reader *next;
};

/* Larger objects are opened piece by piece. */
#define GV_ODB_WHOLE_MAX (1u << 20)

/* One up to this, of which all is wanted, is opened at once if it is packed
 * well, as manifests are: in a third of the time. */
#define GV_ODB_HALF_MAX (16u << 20)

/* What is being read, for one object. */
struct gv_odb_job {
	struct gv_odb *odb;
	struct gv_odb_pack *pack;
	struct gv_odb_reader *reader;
	struct gv_oid id;
};

struct gv_odb_entry {
	uint64_t at, data; /* where it and its zlib stream begin */
	unsigned type;     /* over GV_OTYPE_TAG: a delta */
	uint64_t size;
	uint64_t base; /* of a delta: where its base begins */
};

/* A base of deltas, shared by whoever is applying one to it. */
struct gv_odb_base {
	atomic_uint refs;
	const struct gv_odb_pack *pack;
	uint64_t at;
	enum gv_otype type;
	size_t len;
	unsigned char *data;
};

struct gv_odb_cache {
	pthread_mutex_t lock;
	struct gv_odb_base **slots;
	unsigned bits; /* there are 2^bits slots */
	size_t n;      /* of them are taken */
	size_t bytes;
	size_t hand; /* where to evict next */
};

struct gv_odb {
	char *objects_dir;
	bool partial;
	bool alone;           /* gv_odb_set_alone() */
	bool lenient;         /* gv_odb_set_lenient() */
	bool once;            /* gv_odb_set_once() */
	bool strict;          /* gv_odb_set_strict() */
	uint64_t held;        /* bytes of packs that are held in memory */
	pthread_mutex_t lock; /* for all that is made: views, lists, … */
	_Atomic(struct gv_odb_view *) view;
	struct gv_odb_pack *packs;
	unsigned n_packs;
	unsigned n_open, most_open; /* of their files; n_open by the lock */
	atomic_uint hint; /* the pack of the view that held the last hit */
	struct gv_odb_reader *idle;
	struct gv_odb_cache cache;
};

/* A zlib stream in a file, opened piece by piece. */
struct gv_odb_flow {
	int fd;
	uint64_t at, end; /* what of the file may belong to it */
	z_stream z;
	bool is_open, is_done;
	unsigned char *in;
	const char *why; /* what is wrong, after a failure */
};

/* -- odb_view.c -- */

/* The newest view, made at the first call. NULL with the message set. */
struct gv_odb_view *gv_odb_view(struct gv_odb *odb);

/* Look again. *changed (may be NULL): whether there are other packs than
 * before; if not and `lazily`, the old view stays. */
int gv_odb_view_renew(struct gv_odb *odb, bool lazily, bool *changed);

/* Free all views and packs. */
void gv_odb_view_release(struct gv_odb *odb);

/* -- odb_index.c -- */

/* Open stem.idx. 0; GV_ECORRUPT, GV_ENOMEM or another with the
 * reason. */
int gv_odb_pack_open(struct gv_odb_pack **out, const char *stem);

/* Free; NULL-safe. */
void gv_odb_pack_free(struct gv_odb_pack *pack);

/* Whether the pack has the object, and its row in the index. */
bool gv_odb_pack_find(
    const struct gv_odb_pack *pack, const struct gv_oid *id, uint32_t *row);

/* The id and the offset of a row; the offset is 0 where the index lies. */
void gv_odb_pack_id(
    const struct gv_odb_pack *pack, uint32_t row, struct gv_oid *out);
uint64_t gv_odb_pack_offset(const struct gv_odb_pack *pack, uint32_t row);

/* Set an object's bit in one of the pack's two sets, and ask for it. False
 * where there is no memory for it. */
bool gv_odb_pack_mark(struct gv_odb *odb, const struct gv_odb_pack *pack,
    _Atomic(atomic_uchar *) *set, uint32_t row);
bool gv_odb_pack_is_marked(_Atomic(atomic_uchar *) *set, uint32_t row);

/* The next pack of the view that has the object (the one that had the last
 * hit comes first), with a cursor that was zeroed; NULL after the last. */
struct gv_odb_pack *
gv_odb_pack_next(struct gv_odb *odb, const struct gv_odb_view *view,
    const struct gv_oid *id, struct gv_odb_cursor *c, uint32_t *row);

/* -- odb_table.c -- */

/* The first pack of the view that has the object, as its place in the view,
 * and the row in it. */
bool gv_odb_table_find(struct gv_odb_table *t, const struct gv_odb_view *view,
    const struct gv_oid *id, size_t *at, uint32_t *row);

/* As gv_odb_gather(), of packs of few objects alone: for who looks for some
 * hundred objects, most of which are nowhere. A failure costs time only. */
void gv_odb_gather_small(struct gv_odb *odb, struct gv_odb_view *view);

/* -- odb_job.c -- */

/* Whether errno says that we cannot open a file now, rather than that it is
 * gone or its disk is failing: no reason to call an object damaged. */
bool gv_odb_job_is_barred(void);

/* Begin to read what is in this row of a pack: its file is opened and stays
 * so until the end, a reader is taken. 0, GV_ECORRUPT, GV_ENOMEM; to be ended
 * in any case. */
int gv_odb_job_begin(struct gv_odb_job *job, struct gv_odb *odb,
    struct gv_odb_pack *pack, uint32_t row);

void gv_odb_job_end(struct gv_odb_job *job);

/* GV_ECORRUPT with a sentence about the object and its place. */
int
gv_odb_job_damaged(const struct gv_odb_job *job, uint64_t at, const char *why);

/* Show at least `want` bytes from `at` on, fewer only at the pack's end. The
 * bytes live until the next call. */
int gv_odb_job_show(const struct gv_odb_job *job, uint64_t at, size_t want,
    const unsigned char **p, size_t *len);

/* Read the head of the entry that begins at `at`. */
int gv_odb_job_head(
    const struct gv_odb_job *job, uint64_t at, struct gv_odb_entry *e);

/* How many packs may be open at once. */
unsigned gv_odb_job_most(void);

/* Free the readers of the pool. */
void gv_odb_job_release(struct gv_odb *odb);

/* -- odb_entry.c -- */

/* Read the object in this row of a pack; its hash is not checked yet. 0;
 * GV_ECORRUPT, GV_ENOMEM. */
int gv_odb_entry_read(struct gv_odb *odb, struct gv_object *out,
    struct gv_odb_pack *pack, uint32_t row);

/* The same for its type and size only. */
int gv_odb_entry_header(struct gv_odb *odb, struct gv_object *out,
    struct gv_odb_pack *pack, uint32_t row);

/* For its size alone: a delta says it, whatever it stands on. */
int gv_odb_entry_size(struct gv_odb *odb, struct gv_object *out,
    struct gv_odb_pack *pack, uint32_t row);

/* As gv_odb_entry_read(), but 1 and nothing read where it is too large to be
 * read at once and stands whole. */
int gv_odb_entry_read_small(struct gv_odb *odb, struct gv_object *out,
    struct gv_odb_pack *pack, uint32_t row);

/* If the object stands whole: 1 with its type and size and the flow open;
 * 0 if it is a delta. The job is begun here, and is to be ended in any case,
 * behind the flow. */
int gv_odb_entry_flow(struct gv_odb_job *job, struct gv_odb *odb,
    struct gv_object *out, struct gv_odb_flow *flow, struct gv_odb_pack *pack,
    uint32_t row);

/* -- odb_cache.c -- */

int gv_odb_cache_init(struct gv_odb_cache *c);
void gv_odb_cache_release(struct gv_odb_cache *c);

/* The base that stands there, with a reference for the caller, or NULL. */
struct gv_odb_base *gv_odb_cache_get(
    struct gv_odb_cache *c, const struct gv_odb_pack *pack, uint64_t at);

/* Keep a base for later; the caller's reference stays its own. */
void gv_odb_cache_put(struct gv_odb_cache *c, struct gv_odb_base *base);

/* Give a reference back; NULL-safe. */
void gv_odb_cache_drop(struct gv_odb_base *base);

/* -- odb_loose.c -- */

/* The list of the folder that the id belongs to; NULL when out of memory. */
struct gv_odb_loose *gv_odb_loose_list(
    struct gv_odb *odb, struct gv_odb_dir *dir, const struct gv_oid *id);

/* The id's place in a list, or -1. */
ptrdiff_t
gv_odb_loose_find(const struct gv_odb_loose *list, const struct gv_oid *id);

/* Append the path of a loose object. */
void gv_odb_loose_path(
    struct gv_buf *out, const struct gv_odb_dir *dir, const struct gv_oid *id);

/* Open the object if it lies loose in `dir`: type and size to *out, the flow
 * open (the caller closes it and its fd), and `head` (64 bytes) with the
 * *head_len bytes of the object that were read too far. 0, GV_ENOTFOUND
 * without a message, GV_ECORRUPT. */
int gv_odb_loose_open(struct gv_odb_flow *flow, struct gv_object *out,
    const struct gv_odb_dir *dir, const struct gv_oid *id, char *head,
    size_t *head_len);

/* Read it whole; its hash is not checked yet. */
int gv_odb_loose_read(struct gv_object *out, const struct gv_odb_dir *dir,
    const struct gv_oid *id);

/* -- odb_flow.c -- */

/* Begin at `at` of a file; what is read ends before `end`. 0 or GV_ENOMEM. */
int
gv_odb_flow_open(struct gv_odb_flow *flow, int fd, uint64_t at, uint64_t end);

/* The next bytes, at most `len`; fewer at the end only, 0 behind it; negative
 * where the stream is damaged (flow->why). */
int64_t gv_odb_flow_read(struct gv_odb_flow *flow, void *out, size_t len);

/* Free; the file stays open. */
void gv_odb_flow_close(struct gv_odb_flow *flow);

/* More bytes than this can't come out of `packed` bytes. */
bool gv_odb_flow_is_likely(uint64_t size, uint64_t packed);

#endif
