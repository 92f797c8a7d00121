#ifndef GV_GOOD_INTERNAL_H
#define GV_GOOD_INTERNAL_H
/*
 * Shared by the parts of good.h and good/good_mark.h, which makes records:
 * good_statement.c writes and reads the content of a record, good_tag.c the tag
 * around it, good_order.c puts records in order.
 */

#include "record/good.h"

struct gv_odb;
struct gv_unjson_node;

#define GV_GOOD_HIGHEST   999999999u /* highest number */
#define GV_GOOD_TYPE      "https://in-toto.io/Statement/v1"
#define GV_GOOD_PREDICATE "urn:git-vault:known-good:v1"

/* Write the content of a record to good->statement. 0; GV_EUSAGE if that has
 * more than GV_GOOD_MAX bytes; GV_ENOMEM. */
int gv_good_format(struct gv_good *good);

/* Read the content of a record from good->statement, which must be as
 * gv_good_format() writes it. 0; GV_ECORRUPT; GV_EREFUSED for a newer format;
 * GV_ENOMEM. */
int gv_good_parse(struct gv_good *good);

/* Copy a text into the arena. NULL stays NULL. 0 or GV_ENOMEM. */
int gv_good_copy(struct gv_good *good, const char **out, const char *text);

/* Append the tag object of a formatted record, signed by `signer` (NULL: not
 * signed). Sets the envelope. 0 or GV_ENOMEM. */
int gv_good_tag_format(struct gv_buf *out, struct gv_good *good,
    const struct gv_repo *repo, const struct gv_secret *signer);

/* Read such a tag object: target, statement, envelope and content. As
 * gv_good_parse(), and GV_ECORRUPT for a bad signature. */
int gv_good_tag_parse(struct gv_good *good, const void *data, size_t len);

/* Sort the records by the order that counts, set their places, and merge
 * records that occur more than once. 0 or GV_ENOMEM. */
int gv_goods_order(struct gv_goods *goods);

/* The record that revokes the subject of `of` in its environment and was not
 * overruled, or NULL. The subject is the commit, or without one the target. */
const struct gv_good *
gv_goods_revoked(const struct gv_goods *goods, const struct gv_good *of);

#endif
