#ifndef GV_PRECIOUS_H
#define GV_PRECIOUS_H
/*
 * Conventions of the field: which ignored files are precious (lost for good
 * if nobody keeps them), and which folders are build products and caches that
 * a tool makes again. By names alone; a pure function.
 *
 *	rule = gv_precious_rule(path, len);
 *	if (rule) … captured although ignored, because of `rule`
 */

#include <stdbool.h>
#include <stddef.h>

/* The name of the rule by which a file of this path is precious ("terraform
 * state", "environment file", "kubeconfig", …), or NULL. Static. */
const char *gv_precious_rule(const char *path, size_t len);

/* The name of the rule by which a directory is a build product or cache
 * ("node modules", "terraform providers", …), or NULL. Some names count only
 * beside a manifest that makes them ("dist" beside package.json):
 * has(ctx, name) tells whether the directory's parent holds such an entry;
 * without it (NULL) those names do not count. */
const char *gv_precious_build_rule(const char *path, size_t len,
    bool (*has)(void *ctx, const char *name), void *ctx);

/* Whether a precious file may lie below an ignored directory of this path
 * that is no build product (false lets a walk leave it out unopened). */
bool gv_precious_may_hold(const char *path, size_t len);

#endif
