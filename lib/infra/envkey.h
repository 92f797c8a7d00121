#ifndef GV_ENVKEY_H
#define GV_ENVKEY_H
/*
 * Environments in the keys of a file: maps whose keys, and lists whose values
 * or elements, are named like several environments, such as Mappings of
 * CloudFormation, maps of HCL, and matrices of workflows. A pure function of
 * the document.
 *
 *	gv_envkey_find(&key, &doc, "Mappings.Env.prod.Size");
 *	key.env		"prod"
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_doc;

struct gv_envkey {
	const char *env;   /* in the usual spelling; static */
	uint32_t node;     /* whose key or value names it */
	const char *other; /* an environment next to it; static */
};

/* The environment that a place in a document belongs to: the nearest node
 * upwards that is named like one, in a map or list where another one is named
 * like another. False if there is no such node or place. */
bool gv_envkey_find(
    struct gv_envkey *out, const struct gv_doc *doc, const char *path);

/* Report each such node of a document to fn(), in their order, until it returns
 * other than 0, which is returned. */
int gv_envkey_each(const struct gv_doc *doc,
    int (*fn)(void *ctx, const struct gv_envkey *key), void *ctx);

#endif
