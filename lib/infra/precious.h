#ifndef GV_PRECIOUS_H
#define GV_PRECIOUS_H
/*
 * Conventions of the field: which ignored files are precious, that is, lost for
 * good if nobody stores them. By their names, and by how they begin; product.h
 * knows what a tool makes again. Pure functions.
 *
 *	rule = gv_precious_rule(path, len);
 *	if (rule) … captured although ignored, because of `rule`
 */

#include <stdbool.h>
#include <stddef.h>

/* The name of the rule by which a file of this path is precious ("terraform
 * state", "environment file", "kubeconfig", …), or NULL. Static. */
const char *gv_precious_rule(const char *path, size_t len);

/* Whether files of the user's may be in an ignored directory of this path: it
 * is neither another version control's nor the system's own. */
bool gv_precious_may_hold(const char *path, size_t len);

/* Bytes of a file's beginning that are enough for gv_precious_content(). */
#define GV_PRECIOUS_HEAD ((size_t)4096)

/* The name of the rule by which a file is precious by how it begins ("private
 * key", "database", "database dump", "kubeconfig", …), or NULL. Static. */
const char *gv_precious_content(const char *head, size_t len);

#endif
