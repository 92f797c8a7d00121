#ifndef GV_WITHHELD_INTERNAL_H
#define GV_WITHHELD_INTERNAL_H
/* What writer and reader of meta/secrets share. */

#include "seal/withheld.h"

/* The first line. */
extern const char gv_withheld_magic[];

/* Whether the placeholder stands for the whole file. */
bool gv_withheld_is_all(const struct gv_withheld_entry *e);

/* What is wrong with an entry by itself, as the end of a sentence; or NULL. */
const char *gv_withheld_fault(const struct gv_withheld_entry *e);

/* The order of its path and another one: bytes. */
int gv_withheld_compare(
    const struct gv_withheld_entry *e, const char *path, size_t len);

/* Append the line of an entry without a fault. */
void gv_withheld_put(struct gv_buf *out, const struct gv_withheld_entry *e);

#endif
