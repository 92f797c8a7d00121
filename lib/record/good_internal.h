#ifndef GV_GOOD_INTERNAL_H
#define GV_GOOD_INTERNAL_H
/*
 * What the parts of good.h share, and good/good_mark.h, which makes records:
 * good_statement.c writes and reads what a record says, good_tag.c the tag
 * around it, good_order.c which came when.
 */

#include "record/good.h"

struct gv_odb;
struct gv_unjson_node;

#define GV_GOOD_HIGHEST   999999999u /* number */
#define GV_GOOD_TYPE      "https://in-toto.io/Statement/v1"
#define GV_GOOD_PREDICATE "urn:git-vault:known-good:v1"
#define GV_GOOD_PAYLOAD   "application/vnd.in-toto+json"

/* Set good->statement from what the record says. 0; GV_EUSAGE where it says
 * more than GV_GOOD_MAX bytes; GV_ENOMEM. */
int gv_good_format(struct gv_good *good);

/* Set what it says from good->statement, which is what gv_good_format() would
 * write and nothing else. 0; GV_ECORRUPT; GV_EREFUSED for a newer format;
 * GV_ENOMEM. */
int gv_good_parse(struct gv_good *good);

/* Copies of texts into the arena: NULL stays NULL. 0 or GV_ENOMEM. */
int gv_good_copy(struct gv_good *good, const char **out, const char *text);

/* Append the bytes of the tag object of a record that is formatted, signed by
 * a key unless that is NULL; sets the envelope. 0 or GV_ENOMEM. */
int gv_good_tag_format(struct gv_buf *out, struct gv_good *good,
    const struct gv_repo *repo, const struct gv_secret *signer);

/* Read such bytes: target, statement, envelope, and what it says. The same as
 * gv_good_parse(), and GV_ECORRUPT for a bad signature. */
int gv_good_tag_parse(struct gv_good *good, const void *data, size_t len);

/* Put them in the order that counts, set their places, and have a record that
 * is there more than once count once. 0 or GV_ENOMEM. */
int gv_goods_order(struct gv_goods *goods);

/* What revokes in its environment what a record is of, by its commit, or where
 * it has none its target, and is not overruled; NULL. */
const struct gv_good *
gv_goods_revoked(const struct gv_goods *goods, const struct gv_good *of);

#endif
