#ifndef GV_KEYRING_IDS_INTERNAL_H
#define GV_KEYRING_IDS_INTERNAL_H
/* Shared by the reader and the writer of the list of id keys. */

#include "key/keyring_ids.h"

/* the purpose of its signature */
#define GV_KEYRING_IDS_SPACE "git-vault-idkeys"
#define GV_KEYRING_IDS_MAX   ((size_t)1024 * 1024)

void gv_keyring_ids_sum(
    unsigned char out[GV_KEYRING_DIGEST], const void *p, size_t n);

/* Append the first lines of the list of a version, and the line of a file. */
void gv_keyring_ids_begin(struct gv_buf *text, const struct gv_keyring *k);
void gv_keyring_ids_add(struct gv_buf *text, const struct gv_keyring_entry *e);

#endif
