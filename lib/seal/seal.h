#ifndef GV_SEAL_H
#define GV_SEAL_H
/*
 * Encrypts values, and decrypts them. Git stores a value as an age file for its
 * recipients, with a padded gzip file inside, so that its length reveals
 * little. A value of more than 256 KiB is cut into chunks, each encrypted by
 * itself, in a tree as in object/chunk.h. A value has an id, so that it is not
 * encrypted twice. The keyring chooses the recipients, and the caller stores
 * the objects. Nothing is written to a file here, and values in clear are wiped
 * from memory.
 *
 *	struct gv_seal seal = { .key = key, .scope = "prod", .to = to, … };
 *	r = gv_seal_run(&seal, values, n);
 *	… values[i].id, values[i].object
 *
 *	r = gv_seal_reader_new(&reader, identities, n);
 *	r = gv_seal_open(reader, &value, file, len);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/age.h"
#include "crypto/digest.h"
#include "object/chunk.h"
#include "repo/oid.h"

struct gv_odb;
struct gv_seal_reader;

#define GV_SEAL_WHOLE GV_CHUNK_MAX /* bytes; larger values are in chunks */

/* Round up a length that others can see, of an encrypted file or as a number:
 * to 64, 256, 1024, and from there on by steps of 5 %. 0 stays 0. */
size_t gv_seal_padded(size_t len);

/* How to seal. All that it points to must outlive the run. */
struct gv_seal {
	const unsigned char *key; /* GV_DIGEST_KEY bytes, of all ids */
	const char *scope;
	const struct gv_recipient *const *to; /* who opens them */
	size_t n_to;
	int threads; /* 0: one a processor */
	/* whether the value of this id is sealed for these recipients: 1 with
	 * *object set, 0, or negative, which ends it. Asked once for each id,
	 * on the caller's thread. NULL: none is */
	int (*find)(
	    void *ctx, struct gv_oid *object, const struct gv_digest *id);
	/* keep an object: a sealed value with its id, or a tree of chunks with
	 * NULL. 0 with its name in *out, or negative, which ends it. From any
	 * thread, one at a time. NULL: values are named only, and `to` is not
	 * needed; objects are not known then */
	int (*put)(void *ctx, struct gv_oid *out, enum gv_otype type,
	    const void *data, size_t len, const struct gv_digest *id);
	void *ctx;
};

struct gv_seal_value {
	const void *p;
	size_t len;
	/* `id` is that of gv_seal_name() already, or, where nobody looks for
	 * the value by it, one that no other value of the run has */
	bool is_named;
	/* what it becomes */
	struct gv_digest id;
	struct gv_oid object; /* a blob, or a tree where it is in chunks */
	bool is_new;          /* something of it had to be sealed */
};

/* The id of a value in a scope: a keyed digest of both; of one in chunks, of
 * the scope and the chunks' ids. 0 or GV_ENOMEM. */
int gv_seal_name(struct gv_digest *out, const unsigned char key[GV_DIGEST_KEY],
    const char *scope, const void *data, size_t len);

/* Seal all of them that are not there yet, equal ones once. 0; GV_EREFUSED
 * where it cannot be sealed for the recipients: there are none, or a passphrase
 * or a plugin is among them; GV_ECANCELED; GV_ENOMEM; GV_ERROR; what a call
 * returned. After a failure nothing is known of the values, though some may
 * have been kept. */
int
gv_seal_run(const struct gv_seal *seal, struct gv_seal_value *values, size_t n);

/* Begin the same: threads seal while the caller goes on. The values, their
 * bytes and *seal must stay as they are until gv_seal_end(), which is to be
 * called in any case. As gv_seal_run(); after a failure there is nothing to
 * end. */
struct gv_seal_run;

int gv_seal_begin(struct gv_seal_run **out, const struct gv_seal *seal,
    struct gv_seal_value *values, size_t n);

/* Seal what the threads have not come to, wait for them, and tell what became
 * of the values. NULL: 0. As gv_seal_run(). */
int gv_seal_end(struct gv_seal_run *run);

/* Give it up: some of the values may have been kept. NULL-safe. */
void gv_seal_drop(struct gv_seal_run *run);

/* Seal one value that is too large to be held, by a window of 4 MiB: the bytes
 * that read(ctx, data, len) puts at `data`, at most `len`; 0 at the end,
 * negative on failure, which ends it. What it becomes is what gv_seal_run()
 * makes of the same bytes; `p` is NULL then. As gv_seal_run(). */
int gv_seal_stream(const struct gv_seal *seal, struct gv_seal_value *value,
    int64_t (*read)(void *ctx, void *data, size_t len), void *ctx);

/* What opens them; it remembers which stanza was ours. One a thread. The
 * identities must outlive it. 0 or GV_ENOMEM. */
int gv_seal_reader_new(struct gv_seal_reader **out,
    const struct gv_identity *const *with, size_t n);

/* Append the value that a sealed file holds, so that one piece of memory does
 * for any number of them. Whether it is the value that was meant, its id tells
 * (gv_seal_name()): whoever has the recipients can seal something else. 0;
 * GV_ENOKEY; GV_ECORRUPT; GV_EREFUSED; GV_ENOMEM, with `out` as it was. */
int gv_seal_open(struct gv_seal_reader *reader, struct gv_secret *out,
    const void *data, size_t len);

/* What a value must be: that of this id in a scope. */
struct gv_seal_claim {
	const unsigned char *key; /* GV_DIGEST_KEY bytes */
	const char *scope;
	const struct gv_digest *id;
	size_t n_keys; /* from `key` on, any of which may have named it; 0: 1 */
};

/* The same of an object, a blob or a tree of chunks, whose bytes go to the sink
 * a piece of at most GV_SEAL_WHOLE after the other. Where there is a claim, the
 * value is held to it: GV_ECORRUPT where it is another one, or its chunks are
 * not in order. Also GV_ENOTFOUND, and what the sink returned; what it got
 * before a failure is no whole value. NULL for no claim: without the key of
 * ids nobody can check. NULL for no sink: it is only held to its claim. */
int gv_seal_read(struct gv_seal_reader *reader, struct gv_odb *odb,
    const struct gv_oid *object, const struct gv_seal_claim *claim,
    gv_age_sink *sink, void *ctx);

/* NULL-safe; wipes. */
void gv_seal_reader_free(struct gv_seal_reader *reader);

#endif
