#ifndef GV_COMPONENT_RECORD_H
#define GV_COMPONENT_RECORD_H
/*
 * What a stored dump says of itself to everybody, with or without a key: the
 * file `record` in its tree. Its last line binds the rest to the encrypted
 * objects, by the key of ids, so that nobody without it can make a dump that a
 * restore feeds to a server.
 *
 *	r = gv_component_record_read(&record, text, len);
 *	gv_component_record_write(&text, &record);
 *	gv_component_record_release(&record);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"
#include "record/record_id.h"
#include "repo/oid.h"

struct gv_buf;

#define GV_COMPONENT_READERS 32 /* bytes that tell who opens it */
#define GV_COMPONENT_KEY     8  /* digits that name a key of ids */

struct gv_component_record {
	char id[GV_RECORD_ID_LEN + 1];
	char base[GV_RECORD_ID_LEN + 1]; /* the dump it builds on; "": none */
	char key[GV_COMPONENT_KEY + 1];
	unsigned char readers[GV_COMPONENT_READERS];
	char *name, *env, *engine, *host;
	char *mode;          /* the word that was asked for; NULL */
	char *label, *point; /* NULL: none */
	char *outside, *lsn; /* an external backup's own label; NULL */
	uint64_t bytes;      /* of the dump, rounded up; exact in the index */
	uint64_t pieces, fresh, deltas; /* of these: stored now; as deltas */
	struct gv_oid code; /* the commit that HEAD was at; zero: none */
	struct gv_digest binding;
	bool is_bound;
};

/* Append the text, without its last line. */
void gv_component_record_write(
    struct gv_buf *out, const struct gv_component_record *record);

/* Append the last line. */
void gv_component_record_write_binding(
    struct gv_buf *out, const struct gv_digest *binding);

/* Read it; *bound gets how many bytes the binding is over. 0, and *out is to be
 * released; GV_ECORRUPT; GV_ENOMEM. */
int gv_component_record_read(struct gv_component_record *out, size_t *bound,
    const char *text, size_t len);

/* Zeroed ok. */
void gv_component_record_release(struct gv_component_record *record);

#endif
