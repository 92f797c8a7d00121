#ifndef GV_REPLICA_NAME_H
#define GV_REPLICA_NAME_H
/*
 * The names of the objects of a copy in a store. Packs are named after their
 * content, manifests after the host that wrote them and their number, so no
 * host ever writes to a name that another one uses. Pure.
 *
 *	format				what the store is, written once
 *	packs/pack-SHA256.pack, .idx	immutable; .age behind it if encrypted
 *	manifests/HOST/NNNNNNNNNN	immutable, signed, numbered from 1
 *	heads/HOST			a hint: the newest number
 *	bundle-list			for git clone --bundle-uri
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;

#define GV_REPLICA_FORMAT    "format"
#define GV_REPLICA_PACKS     "packs/"
#define GV_REPLICA_MANIFESTS "manifests/"
#define GV_REPLICA_HEADS     "heads/"
#define GV_REPLICA_BUNDLES   "bundles/"
#define GV_REPLICA_LIST      "bundle-list"

#define GV_REPLICA_SUM      32 /* bytes of a SHA-256 */
#define GV_REPLICA_SUM_HEX  64
#define GV_REPLICA_HOST_MAX 64 /* characters */
#define GV_REPLICA_SEQ_MAX  UINT64_C(9999999999)

/* Append the name of a pack (`ext` "pack") or its index ("idx"). */
void gv_replica_name_pack(struct gv_buf *out,
    const unsigned char sum[GV_REPLICA_SUM], const char *ext,
    bool is_encrypted);

/* Append the name of a host's manifest. */
void
gv_replica_name_manifest(struct gv_buf *out, const char *host, uint64_t seq);

/* The pack that an object's name is of, or whose index it is; false where it is
 * neither. */
bool gv_replica_name_is_pack(
    unsigned char sum[GV_REPLICA_SUM], bool *is_index, const char *name);

/* The host (up to GV_REPLICA_HOST_MAX characters and a NUL) and number that a
 * manifest's name says; false for any other name. */
bool gv_replica_name_is_manifest(
    char host[GV_REPLICA_HOST_MAX + 1], uint64_t *seq, const char *name);

/* Append the name of a host as a store can have it: in small letters, with '-'
 * in place of what is neither a letter, a digit nor '.'. Never empty. */
void gv_replica_name_host(struct gv_buf *out, const char *host);

/* Whether it is such a name. */
bool gv_replica_name_is_host(const char *host);

#endif
