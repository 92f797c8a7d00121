#ifndef GV_STORE_XML_H
#define GV_STORE_XML_H
/*
 * What stores answer in XML: lists of objects, names of failures. Pure: bytes
 * in, values out; what is not understood is refused, and no text of a store
 * gets into a message.
 *
 *	r = gv_store_xml_list(&page, GV_STORE_XML_S3, body, len, fn, ctx);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "store/store.h"

enum gv_store_xml_form {
	GV_STORE_XML_S3,    /* ListBucketResult */
	GV_STORE_XML_AZURE, /* EnumerationResults */
	GV_STORE_XML_DAV,   /* multistatus */
};

struct gv_store_xml_page {
	bool has_more;
	struct gv_buf next; /* what to ask the next page with */
};

#define GV_STORE_XML_PAGE_INIT                                                 \
	{                                                                      \
		false, GV_BUF_INIT                                             \
	}

/* An object of a list: its key as the store has it, without escapes. Of DAV
 * its path, which ends in '/' for a folder. */
typedef int
gv_store_xml_fn(void *ctx, const char *key, const struct gv_store_stat *stat);

/* Read a page of a list; an entry that cannot be read is an error. 0;
 * GV_ECORRUPT without a message; GV_ENOMEM; what fn() returned. *page is reset
 * first, and released by the caller. */
int
gv_store_xml_list(struct gv_store_xml_page *page, enum gv_store_xml_form form,
    const void *xml, size_t len, gv_store_xml_fn *fn, void *ctx);

/* A page of versions: what to ask the next one with. */
struct gv_store_xml_versions {
	bool has_more, is_list; /* is_list: it has no versions, but objects */
	struct gv_buf key, id;
	int64_t now; /* set by the caller: Azure counts days from it */
};

#define GV_STORE_XML_VERSIONS_INIT                                             \
	{                                                                      \
		.key = GV_BUF_INIT, .id = GV_BUF_INIT                          \
	}

/* Read a page of the versions of objects, of S3, of Google's interface of that
 * kind, or of Azure; name and id of what fn() is given are as the store has
 * them, of Azure as its queries name it ("versionid=TIME"). The same results;
 * *page is reset first but for `now`, and released by the caller. */
int gv_store_xml_versions(struct gv_store_xml_versions *page, const void *xml,
    size_t len, gv_store_version_fn *fn, void *ctx);

/* Append the text of the first element of that name, at any depth. 0;
 * GV_ENOTFOUND without a message where there is none, or it is no XML;
 * GV_ENOMEM. */
int gv_store_xml_text(
    struct gv_buf *out, const void *xml, size_t len, const char *element);

/* The same where it may be a secret: to `out`, which has room for 3 * len / 2
 * bytes; how many, or -1. */
long gv_store_xml_secret(
    char *out, const void *xml, size_t len, const char *element);

/* The name of a failure, or "" where there is none that looks like one. */
void gv_store_xml_code(char *out, size_t size, const void *xml, size_t len);

#endif
