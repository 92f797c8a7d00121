#ifndef GV_STATE_TRIAGE_H
#define GV_STATE_TRIAGE_H
/*
 * What is wrong with a damaged state, and what is still whole in it: the kind
 * of the damage, and each whole resource and output, also behind the damage,
 * with the bytes that it stands in. Pure, in time that grows with the bytes and
 * in the memory that reading them takes; nothing is decided here about what a
 * repair uses (state_repair.h).
 *
 *	r = gv_state_triage_run(&triage, &source);
 *	for (i = 0; i < triage.n; i++)
 *		show(triage.found[i].address, triage.found[i].from);
 *	gv_state_triage_release(&triage);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "toolstate/state.h"

#define GV_STATE_SUM 32

/* Bytes that can be read from their beginning any number of times. */
struct gv_state_again {
	/* to the beginning: 0 or negative */
	int (*rewind)(void *ctx);
	/* as gv_state_source */
	int64_t (*read)(void *ctx, void *data, size_t len);
	void *ctx;
	const struct gv_memory *memory; /* of what is read; NULL: plain */
	/* as gv_state_source */
	int64_t (*unpack)(void *out, size_t max, const void *data, size_t len);
	/* a digest that nobody finds two texts of */
	void (*sum)(
	    unsigned char out[GV_STATE_SUM], const void *data, size_t len);
};

enum gv_state_damage {
	GV_STATE_WHOLE,
	GV_STATE_CONFLICT,  /* the markers of a merge stand in it */
	GV_STATE_NULS,      /* bytes are NUL */
	GV_STATE_JOINED,    /* documents one behind the other */
	GV_STATE_TRUNCATED, /* it ends early */
	GV_STATE_DAMAGED,   /* whatever else is no state */
	GV_STATE_ENCODED,   /* UTF-16, gzip …; the decoded content is whole */
	GV_STATE_DELETED,   /* a version that says that the state was deleted */
};

/* A word for it: "whole", "conflict" … */
const char *gv_state_damage_name(enum gv_state_damage kind);

/* Of a merge conflict. A side is the file without what the other one has. */
enum gv_state_side {
	GV_STATE_BOTH, /* or there is no conflict */
	GV_STATE_OURS,
	GV_STATE_THEIRS,
};

/* A whole resource or output. Where it stands in its side begins with its
 * brace, of an output in a map with its key. */
struct gv_state_found {
	const char *address; /* of the resource, without keys of instances */
	const char *key;     /* what tells it from others; private */
	const char *const *items; /* addresses as the index has them */
	size_t n_items;
	/* where the order goes by them: addresses that it needs */
	const char *const *needs;
	size_t n_needs;
	bool is_output;
	bool is_behind;    /* found behind a damage, by what it looks like */
	bool is_head;      /* it stands beside the list of resources */
	unsigned document; /* that it belongs to, from 1 */
	enum gv_state_side side;
	uint64_t at, len;  /* in the side */
	uint64_t from, to; /* in the file: its first byte, and the one behind */
	unsigned char sum[GV_STATE_SUM]; /* of its bytes in the side */
	unsigned lead;                   /* how it is indented; private */
};

/* A member of a document, or of a map in it on the way to its resources. */
struct gv_state_member {
	size_t in; /* the member whose map it stands in, from 1; 0: none */
	const char *key;  /* as it stands, without quotes */
	uint64_t at, len; /* its value in the side */
	bool is_whole;    /* it ends */
	bool is_map;
	unsigned char sum[GV_STATE_SUM]; /* of one that is whole */
};

struct gv_state_document {
	enum gv_state_side side;
	uint64_t from, to; /* in the file, as far as it was read */
	bool is_whole;
	bool is_list;              /* as far as that is known */
	struct gv_state_info info; /* damage: its own */
	struct gv_state_member *members;
	size_t n, cap;
	bool has_more; /* members than any state has */
};

struct gv_state_triage {
	enum gv_state_damage kind;
	char damage[200];  /* a sentence without a value; "": it is whole */
	char wrong[200];   /* what the reader says; may be "" */
	uint64_t wrong_at; /* of which byte of the side */
	uint64_t size;
	uint64_t nuls, first_nul;           /* how many, and where */
	uint64_t conflicts, first_conflict; /* and the line, from 1 */
	bool is_yaml; /* or was to be; nothing of it is given */
	struct gv_state_document *documents; /* of both sides */
	size_t n_documents, cap_documents;
	struct gv_state_found *found; /* in the order of the file, a side after
					 the other */
	size_t n, cap;
	struct gv_arena arena;
};

/* Look through a state. What was found up to a failure is released. 0; what
 * read() or rewind() returned; GV_ENOMEM. Damage is no failure. */
int gv_state_triage_run(
    struct gv_state_triage *out, const struct gv_state_again *source);

/* NULL-safe, zeroed ok. */
void gv_state_triage_release(struct gv_state_triage *triage);

/* The document of a side of this number, from 1; NULL. */
const struct gv_state_document *gv_state_triage_document(
    const struct gv_state_triage *triage, enum gv_state_side side, size_t n);

/* How many documents the file has: of two sides, as many as the larger. */
size_t gv_state_triage_count(const struct gv_state_triage *triage);

/* One side of a conflict as bytes that can be read again. Its source must
 * outlast it. */
struct gv_state_part;

/* 0 or GV_ENOMEM. GV_STATE_BOTH: all bytes as they are. */
int gv_state_part_new(struct gv_state_part **out,
    const struct gv_state_again *source, enum gv_state_side side);

/* As gv_state_again has them; ctx is the part. */
int gv_state_part_rewind(void *part);
int64_t gv_state_part_read(void *part, void *data, size_t len);

/* NULL-safe; wipes. */
void gv_state_part_free(struct gv_state_part *part);

#endif
