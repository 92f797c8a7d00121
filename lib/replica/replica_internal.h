#ifndef GV_REPLICA_INTERNAL_H
#define GV_REPLICA_INTERNAL_H
/*
 * What the files of lib/replica share; include it nowhere else.
 *
 *	replica_wire.c		objects as texts, in and out
 *	replica_wire_file.c	objects as files
 *	replica_format.c	the format object
 *	replica_list.c		which chains there are
 *	replica_chain.c		one chain, read and checked
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "crypto/sign.h"
#include "replica/replica.h"
#include "replica/replica_manifest.h"
#include "replica/replica_memory.h"
#include "replica/replica_trust.h"
#include "store/store.h"

struct gv_safe;

/* A target that is open. */
struct gv_replica {
	struct gv_repo *repo; /* NULL: a restore on a bare machine */
	const struct gv_target *target;
	struct gv_store *store;
	struct gv_safe *safe;       /* NULL as the repository */
	char id[GV_REPLICA_ID + 1]; /* of the store; "": not known yet */
	bool is_encrypted;          /* as its format object says */
	int64_t now;
	struct gv_buf dir;    /* of the memory */
	struct gv_buf forget; /* the command that removes it, to paste */
	struct gv_replica_memory memory;
	struct gv_recipient *to; /* whom it is encrypted for */
	size_t n_to;
	const struct gv_identity *const *with; /* what opens it */
	size_t n_with;
	struct gv_identity_list own; /* … of a bare machine */
	struct gv_replica_trust trust;
	int lock;                     /* -1: not taken */
	struct gv_store_count before; /* what the memory counts already */
};

/* ---- replica_wire.c ---- */

/* Append an object of at most `max` bytes, decrypted where it is an age file,
 * and the SHA-256 of it as it is stored (NULL: not wanted). 0; GV_ENOTFOUND;
 * GV_ECORRUPT where it is larger; GV_ENOKEY; as gv_store_get(). */
int gv_replica_fetch(struct gv_buf *out, unsigned char *sum,
    struct gv_replica *rep, const char *name, size_t max);

/* The same of the bytes as they are stored, to an empty buffer. */
int gv_replica_fetch_raw(
    struct gv_buf *out, struct gv_replica *rep, const char *name, size_t max);

/* Store a text, encrypted if the store is. *sum (NULL: not
 * wanted) is the SHA-256 of what is stored. As gv_store_put(). */
int gv_replica_store(unsigned char *sum, struct gv_replica *rep,
    const char *name, const struct gv_buf *text, unsigned flags);

/* The bytes that gv_replica_store() would store. 0, or as gv_age_seal(). */
int gv_replica_wrap(struct gv_buf *out, const struct gv_replica *rep,
    const struct gv_buf *text);

/* Store bytes as they are. */
int gv_replica_store_raw(struct gv_replica *rep, const char *name,
    const struct gv_buf *bytes, unsigned flags);

/* ---- replica_wire_file.c ---- */

struct gv_replica_file {
	const char *path;
	const char *ext;             /* pack or idx */
	const unsigned char *sum_of; /* of an index: that of its pack */
	struct gv_pack_file *check;  /* what the bytes are compared with first;
					NULL: nothing */
};

/* A file that can be sent: encrypted if the store is, read once for its sum. */
struct gv_replica_ready {
	const struct gv_replica_file *file; /* NULL: closed */
	struct gv_store_body body;
	unsigned char sum[GV_REPLICA_SUM]; /* of what is sent */
	struct gv_buf sealed;
};

/* Make it ready, by any thread, while another one sends a file. `file` must
 * stay. 0; GV_ECORRUPT as gv_pack_file_add(); GV_ERROR; GV_ECANCELED;
 * GV_ENOMEM. To be closed in any case; zeroed ok. */
int gv_replica_ready_open(struct gv_replica_ready *out, struct gv_replica *rep,
    const struct gv_replica_file *file);
void gv_replica_ready_close(struct gv_replica_ready *ready);

/* Store it. 0, also where the store has it; as gv_store_put(). */
int
gv_replica_ready_put(struct gv_replica *rep, struct gv_replica_ready *ready);

/* Store a file, encrypted if the store is. *sum and *bytes are of what is
 * stored, under the name of that sum or, an index, of that of its pack. 0, also
 * where the store has it; GV_ECORRUPT before any of it is sent, as
 * gv_pack_file_add(); as gv_store_put(). */
int gv_replica_store_file(unsigned char *sum, uint64_t *bytes,
    struct gv_replica *rep, const struct gv_replica_file *file);

/* The SHA-256 of an open file. 0; GV_ERROR; GV_ECANCELED; GV_ENOMEM. */
int gv_replica_file_sum(unsigned char *sum, int fd, const char *path);

/* Read an object into a new file, held against its length and SHA-256, and
 * decrypted. 0; GV_ECORRUPT; GV_ENOTFOUND; others, and then there is no file.
 */
int gv_replica_fetch_file(struct gv_replica *rep, const char *name,
    const unsigned char *sum, uint64_t bytes, const char *path);

/* Read an object, hold it against its length and SHA-256, and forget it. */
int gv_replica_fetch_sum(struct gv_replica *rep, const char *name,
    const unsigned char *sum, uint64_t bytes);

/* ---- replica_format.c ---- */

/* The format object: what it says is in `rep`. 0; GV_ENOTFOUND where there is
 * none; GV_ECORRUPT; GV_EREFUSED for a newer one, and where it is encrypted and
 * the target is not, or the other way. `roots` (NULL: not wanted) is given the
 * project's first commits, 40 digits and a newline each. */
int gv_replica_format_load(struct gv_buf *roots, struct gv_replica *rep);

/* Load it, or make the store what it says where it is empty. Refuses a store
 * of another project. 0; GV_EREFUSED; as gv_store_put(). */
int gv_replica_format_make(struct gv_replica *rep);

/* Read its text: what it says. 0; GV_ECORRUPT; GV_EREFUSED; GV_ENOMEM. */
int gv_replica_format_parse(char id[GV_REPLICA_ID + 1], bool *is_encrypted,
    struct gv_buf *roots, const char *text, size_t len);

/* ---- replica_list.c ---- */

/* The manifests of one host that the store lists. */
struct gv_replica_listed {
	char host[GV_REPLICA_HOST_MAX + 1];
	uint64_t *seqs; /* rising */
	size_t n, cap;
};

struct gv_replica_listing {
	struct gv_replica_listed *hosts; /* sorted */
	size_t n, cap;
};

/* List the manifests of a host (NULL: of all). 0; as gv_store_list(). */
int gv_replica_list(
    struct gv_replica_listing *out, struct gv_replica *rep, const char *host);
const struct gv_replica_listed *
gv_replica_listing_find(const struct gv_replica_listing *l, const char *host);

/* Add the numbers that are missing between the first and the last. 0 or
 * GV_ENOMEM. */
int gv_replica_listed_gaps(
    struct gv_replica_faults *faults, const struct gv_replica_listed *listed);
void gv_replica_listing_release(struct gv_replica_listing *l);

/* ---- replica_chain.c ---- */

struct gv_replica_chain {
	struct gv_replica_manifest state; /* seq 0: nothing can be used */
	unsigned char
	    sum[GV_REPLICA_SUM]; /* of the manifest `state` is as of */
	unsigned char key[GV_SIGN_PUBLIC]; /* by which that is signed */
	uint64_t first, last;              /* that are listed */
	uint64_t whole; /* the whole manifest that the state begins at */
};

struct gv_replica_chain_opts {
	int64_t until;  /* as it was at this time; 0: now. A chain that
			  is younger has no state, and that is no fault */
	bool reads_all; /* every manifest that is listed, not only what the
			   newest state needs */
	/* called for each manifest that is read and holds; may be NULL */
	int (*seen)(void *ctx, const struct gv_replica_manifest *m);
	void *ctx;
};

/* Read a chain from its newest manifest to the whole one before it. What is
 * wrong is added to `faults`, and the newest state that holds is used. 0, also
 * with faults; GV_ENOKEY where it is encrypted for others; GV_ENOMEM; as
 * gv_store_get(). To be released in any case. */
int gv_replica_chain_load(struct gv_replica_chain *out,
    struct gv_replica_faults *faults, struct gv_replica *rep,
    const struct gv_replica_listed *listed,
    const struct gv_replica_chain_opts *opts);
void gv_replica_chain_release(struct gv_replica_chain *chain);

/* ---- replica_stock.c ---- */

/* The packs that a store lists. */
struct gv_replica_stock_item {
	unsigned char sum[GV_REPLICA_SUM];
	uint64_t pack, idx; /* bytes; UINT64_MAX: it is not there */
	int64_t modified;   /* of the pack; 0: not known */
};

struct gv_replica_stock {
	struct gv_replica_stock_item *all; /* sorted by sum */
	size_t n, cap;
	uint64_t bytes;
};

/* List them. 0; as gv_store_list(). To be released in any case. */
int gv_replica_stock_load(struct gv_replica_stock *out, struct gv_replica *rep);
struct gv_replica_stock_item *gv_replica_stock_find(
    const struct gv_replica_stock *stock, const unsigned char *sum);
void gv_replica_stock_release(struct gv_replica_stock *stock);

/* Hold the packs of a state against them. 0, also with faults; GV_ENOMEM. */
int gv_replica_stock_check(struct gv_replica_faults *faults,
    const struct gv_replica_stock *stock,
    const struct gv_replica_manifest *state);

/* Add a fault. 0 or GV_ENOMEM. (replica_fault.c) */
int gv_replica_fault(struct gv_replica_faults *faults, const char *kind,
    const char *host, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Whether it is more than that something could not be checked; the first of
 * them that is, or NULL. (replica_fault.c) */
bool gv_replica_fault_is_grave(const struct gv_replica_fault *fault);
const struct gv_replica_fault *
gv_replica_faults_grave(const struct gv_replica_faults *faults);

/* ---- replica_open.c ---- */

/* Take the lock of the target, wherever this clone writes to it. 0; GV_ELOCKED;
 * GV_ERROR. */
int gv_replica_lock(struct gv_replica *rep);

/* Have the identities at hand that open what is encrypted. 0; GV_ENOKEY. */
int gv_replica_need_keys(struct gv_replica *rep);

/* Have the recipients at hand. 0; GV_EREFUSED where there is no keyring, or
 * nobody in it can be encrypted for; GV_ENOMEM. */
int gv_replica_need_recipients(struct gv_replica *rep);

/* Count what went over the wire, and write the memory. 0; GV_ERROR. */
int gv_replica_remember(struct gv_replica *rep);

/* The same, and let go of the lock; returns `r` where that is a failure. */
int gv_replica_end(struct gv_replica *rep, int r);

#endif
