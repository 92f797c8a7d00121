#ifndef GV_CONSENT_INTERNAL_H
#define GV_CONSENT_INTERNAL_H
/*
 * What the parts of consent.h share: consent.c finds out what is accepted,
 * consent_record.c reads and writes the record of a clone, consent_origin.c
 * judges who can have written a policy, consent_baseline.c reads what check
 * does not report, consent_schemas.c what configurations are valid by;
 * consent_accept.h accepts a content.
 *
 *	r = gv_consent_format(&file, &consent, &tip);
 *	r = gv_consent_parse(&consent, &tip, file.p, file.len);
 */

#include "policy/consent.h"

#include <stdbool.h>
#include <stddef.h>

struct gv_oid;
struct gv_repo;

#define GV_CONSENT_PIN    "vault.policy"
#define GV_CONSENT_RECORD "vault/policy" /* below the shared .git */

/* Nothing is accepted. */
void gv_consent_init(struct gv_consent *out);

/* Append the contents in the format of the record; `tip` is the commit of the
 * keyring that has them, or zero. 0 or GV_ENOMEM. */
int gv_consent_format(struct gv_buf *out, const struct gv_consent *consent,
    const struct gv_oid *tip);

/* Read it. 0; GV_ECORRUPT without a message; GV_ENOMEM. To be released either
 * way. */
int gv_consent_parse(
    struct gv_consent *out, struct gv_oid *tip, const char *text, size_t len);

/* Make these contents the record of this clone. 0; GV_ERROR; GV_ENOMEM. */
int
gv_consent_record(const struct gv_consent *consent, const struct gv_repo *repo);

/* Set the baseline that the policy's text in *out names, as a tree has it
 * (NULL: the working tree). Where there is none, or it cannot be read, it has
 * none. 0 or GV_ENOMEM. */
int gv_consent_read_baseline(
    struct gv_consent *out, struct gv_repo *repo, const struct gv_oid *tree);

/* Set the schemas that the policy's text in *out names, of a tree or (NULL) the
 * working tree (HEAD in a bare repository). 0 or GV_ENOMEM. */
int gv_consent_read_schemas(
    struct gv_consent *out, struct gv_repo *repo, const struct gv_oid *tree);

/* Whether git has the content of a file of the working tree, also if it has
 * changed the line ends as it wrote it, and under which id; the id of these
 * bytes where git has neither. */
struct gv_odb;
bool gv_consent_find_content(
    struct gv_oid *out, struct gv_odb *odb, const struct gv_buf *text);

/* Whether only the user of this clone can have written these files of the
 * working tree: nothing was ever fetched, or Git has neither the files nor
 * their contents. */
bool gv_consent_is_ours(const struct gv_consent *present, struct gv_repo *repo);

#endif
