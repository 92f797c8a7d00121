#ifndef GV_REGION_H
#define GV_REGION_H
/*
 * Regions of cloud providers and account numbers in the names of files and
 * folders: the second dimension beside the environment. Not for addresses of
 * services: it looks at whole words only.
 *
 *	gv_region_find(&found, "prod-eu-west-1", 14);	"eu-west-1"
 *	gv_region_find_account(&found, "acme-123456789012", 17);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_region {
	size_t at, len; /* in the name */
};

/* The first region of AWS (eu-west-1), Google (europe-west4) or Azure
 * (westeurope) in a name; a name that is all "eu", "us", "emea" or "apac"
 * counts, too. Between other words it stands between '.', '-', '_' and ' '.
 * False if the name has no region. */
bool gv_region_find(struct gv_region *out, const char *name, size_t len);

/* The first word of exactly 12 digits: an account of AWS. */
bool
gv_region_find_account(struct gv_region *out, const char *name, size_t len);

#endif
