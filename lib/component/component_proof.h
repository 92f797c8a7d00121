#ifndef GV_COMPONENT_PROOF_H
#define GV_COMPONENT_PROOF_H
/*
 * Whether a dump is complete, by what it is and not by what a program says of
 * it: its trailer, or its own checksum. A program that ends with 0 may have
 * written half of a database. Pure.
 *
 *	gv_component_proof_begin(&proof, GV_COMPONENT_PROOF_RDB, NULL);
 *	gv_component_proof_add(&proof, data, len);
 *	r = gv_component_proof_end(&proof);
 */

#include <stddef.h>
#include <stdint.h>

#include "repo/hash.h"

enum gv_component_proof_kind {
	GV_COMPONENT_PROOF_NONE,    /* anything but nothing */
	GV_COMPONENT_PROOF_PG,      /* plain text of pg_dump */
	GV_COMPONENT_PROOF_MARIADB, /* of mariadb-dump, mysqldump */
	GV_COMPONENT_PROOF_SQLITE,  /* of the shell's .dump */
	GV_COMPONENT_PROOF_RDB,     /* of redis, with its CRC-64 */
	GV_COMPONENT_PROOF_ETCD,    /* a snapshot with its SHA-256 */
	GV_COMPONENT_PROOF_TAR,
	GV_COMPONENT_PROOF_GZIP,  /* begins and is longer than a gzip file */
	GV_COMPONENT_PROOF_MONGO, /* an archive of mongodump */
	GV_COMPONENT_PROOF_TEXT   /* the last line has a text */
};

#define GV_COMPONENT_PROOF_TAIL 2048

struct gv_component_proof {
	enum gv_component_proof_kind kind;
	const char *expect; /* of TEXT; borrowed */
	/* private */
	uint64_t size, crc;
	unsigned char head[16], tail[GV_COMPONENT_PROOF_TAIL];
	size_t n_tail;
	struct gv_hash_sha256 sha256; /* of all but the tail's last 32 bytes */
};

void gv_component_proof_begin(struct gv_component_proof *proof,
    enum gv_component_proof_kind kind, const char *expect);

void gv_component_proof_add(
    struct gv_component_proof *proof, const void *data, size_t len);

/* That was all: 0, or GV_ECORRUPT with what is missing. Wipes what it held. */
int gv_component_proof_end(struct gv_component_proof *proof);

#endif
