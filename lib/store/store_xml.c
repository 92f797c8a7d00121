#include "store/store_xml.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "doc/doc.h"
#include "store/store_form.h"

#define DAY       INT64_C(86400)
#define MOST_DAYS 10000 /* that a store may keep what is deleted */

/* ---- elements ---- */

/* Azure's begin with a mark of their order of bytes. */
static int
read_doc(struct gv_doc *doc, const char *xml, size_t len)
{
	int r;

	if (len >= 3 && memcmp(xml, "\xef\xbb\xbf", 3) == 0) {
		xml += 3;
		len -= 3;
	}
	if (len == 0)
		return GV_ECORRUPT;
	r = gv_doc_read(doc, GV_DOC_FORMAT_XML, xml, len, NULL);
	if (r == 0 && doc->n_errors) {
		gv_doc_release(doc);
		r = GV_ECORRUPT;
	}
	return r;
}

/* Whether it is that element, whatever its prefix. */
static bool
is_element(const struct gv_doc *doc, uint32_t node, const char *name)
{
	const struct gv_doc_node *n = &doc->nodes[node];
	const char *key = doc->text + n->key_at, *colon;
	size_t len = n->key_len;

	if (n->key_style == GV_DOC_STYLE_ATTRIBUTE)
		return false;
	colon = len ? memchr(key, ':', len) : NULL;
	if (colon) {
		len -= (size_t)(colon + 1 - key);
		key = colon + 1;
	}
	return len == strlen(name) && memcmp(key, name, len) == 0;
}

static uint32_t
child(const struct gv_doc *doc, uint32_t node, const char *name)
{
	uint32_t i;

	if (node == GV_DOC_NONE)
		return GV_DOC_NONE;
	for (i = gv_doc_first(doc, node); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		if (is_element(doc, i, name))
			return i;
	return GV_DOC_NONE;
}

/* An element with attributes is a map, and its text is in that. */
static uint32_t
text_node(const struct gv_doc *doc, uint32_t node)
{
	uint32_t i;

	if (node == GV_DOC_NONE || doc->nodes[node].kind == GV_DOC_SCALAR)
		return node;
	for (i = gv_doc_first(doc, node); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		if (doc->nodes[i].kind == GV_DOC_SCALAR &&
		    doc->nodes[i].key_len == 0)
			return i;
	return GV_DOC_NONE;
}

/* The text of an element, in `b`, which is reset; NULL where it has no text. */
static const char *
says(struct gv_buf *b, const struct gv_doc *doc, uint32_t node)
{
	node = text_node(doc, node);
	gv_buf_reset(b);
	if (node == GV_DOC_NONE)
		return NULL;
	gv_doc_text(b, doc, node);
	return strlen(b->p) == b->len ? b->p : NULL;
}

static uint32_t
anywhere(const struct gv_doc *doc, const char *name)
{
	uint32_t i;

	for (i = 0; i < doc->n; i++)
		if (is_element(doc, i, name))
			return i;
	return GV_DOC_NONE;
}

int
gv_store_xml_text(
    struct gv_buf *out, const void *xml, size_t len, const char *element)
{
	struct gv_doc doc = { 0 };
	struct gv_buf b = GV_BUF_INIT;
	const char *text;
	int r = read_doc(&doc, xml, len);

	if (r < 0)
		return r == GV_ENOMEM ? r : GV_ENOTFOUND;
	text = says(&b, &doc, anywhere(&doc, element));
	if (text)
		gv_buf_addstr(out, text);
	r = text ? gv_buf_check(out) : GV_ENOTFOUND;
	gv_buf_release(&b);
	gv_doc_release(&doc);
	return r;
}

long
gv_store_xml_secret(char *out, const void *xml, size_t len, const char *element)
{
	struct gv_doc doc = { 0 };
	uint32_t node;
	long n = -1;

	if (read_doc(&doc, xml, len) < 0)
		return -1;
	node = text_node(&doc, anywhere(&doc, element));
	if (node != GV_DOC_NONE)
		n = (long)gv_doc_read_text(out, &doc, node);
	gv_doc_release(&doc);
	return n;
}

void
gv_store_xml_code(char *out, size_t size, const void *xml, size_t len)
{
	struct gv_buf b = GV_BUF_INIT;

	*out = '\0';
	if (gv_store_xml_text(&b, xml, len, "Code") == 0)
		gv_store_form_word(out, size, b.p);
	gv_buf_release(&b);
}

/* ---- lists ---- */

struct listing {
	const struct gv_doc *doc;
	struct gv_store_xml_page *page;
	gv_store_xml_fn *fn;
	void *ctx;
	struct gv_buf key, text;
	bool is_escaped;
};

static bool
read_size(uint64_t *out, const char *text)
{
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	*out = strtoull(text, &end, 10);
	return *end == '\0';
}

static void
read_time(int64_t *out, const char *text)
{
	if (text == NULL || gv_time_parse_rfc3339(out, text) == 0)
		return;
	*out = gv_store_form_time(text);
}

static int
read_key(struct listing *l, uint32_t node)
{
	const char *text = says(&l->text, l->doc, node);
	int r;

	gv_buf_reset(&l->key);
	if (text == NULL)
		return GV_ECORRUPT;
	if (!l->is_escaped) {
		gv_buf_addstr(&l->key, text);
		return gv_buf_check(&l->key);
	}
	r = gv_enc_unpercent(&l->key, text, l->text.len);
	return r == GV_EREFUSED ? GV_ECORRUPT : r;
}

/* Size, time and ETag of an object, below `node`. */
static int
read_stat(struct listing *l, struct gv_store_stat *stat, uint32_t node,
    const char *const names[3])
{
	const struct gv_doc *doc = l->doc;
	const char *text;

	if (!read_size(
		&stat->bytes, says(&l->text, doc, child(doc, node, names[0]))))
		return GV_ECORRUPT;
	read_time(
	    &stat->modified, says(&l->text, doc, child(doc, node, names[1])));
	text = says(&l->text, doc, child(doc, node, names[2]));
	if (text)
		gv_store_form_etag(stat, text);
	return gv_buf_check(&l->text);
}

static int
list_s3(struct listing *l, uint32_t top)
{
	static const char *const names[] = { "Size", "LastModified", "ETag" };
	const struct gv_doc *doc = l->doc;
	const char *text;
	uint32_t i;
	int r = 0;

	top = child(doc, top, "ListBucketResult");
	if (top == GV_DOC_NONE)
		return GV_ECORRUPT;
	text = says(&l->text, doc, child(doc, top, "EncodingType"));
	l->is_escaped = text && strcmp(text, "url") == 0;
	text = says(&l->text, doc, child(doc, top, "IsTruncated"));
	l->page->has_more = text && strcmp(text, "true") == 0;
	text = says(&l->text, doc, child(doc, top, "NextContinuationToken"));
	if (text)
		gv_buf_addstr(&l->page->next, text);
	/* it would begin at the first object again */
	if (l->page->has_more && l->page->next.len == 0)
		return GV_ECORRUPT;
	/* an empty list is a scalar without text */
	if (doc->nodes[top].kind == GV_DOC_SCALAR)
		return 0;
	for (i = gv_doc_first(doc, top); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		struct gv_store_stat stat = { 0 };

		if (!is_element(doc, i, "Contents"))
			continue;
		if ((r = read_key(l, child(doc, i, "Key"))) == 0 &&
		    (r = read_stat(l, &stat, i, names)) == 0)
			r = l->fn(l->ctx, l->key.p, &stat);
	}
	return r;
}

static const char *const azure_names[] = { "Content-Length", "Last-Modified",
	"Etag" };

static int
list_azure(struct listing *l, uint32_t top)
{
	const struct gv_doc *doc = l->doc;
	uint32_t blobs, props, i;
	const char *text;
	int r = 0;

	top = child(doc, top, "EnumerationResults");
	blobs = child(doc, top, "Blobs");
	if (top == GV_DOC_NONE || blobs == GV_DOC_NONE)
		return GV_ECORRUPT;
	text = says(&l->text, doc, child(doc, top, "NextMarker"));
	if (text)
		gv_buf_addstr(&l->page->next, text);
	l->page->has_more = l->page->next.len > 0;
	if (doc->nodes[blobs].kind == GV_DOC_SCALAR)
		return 0;
	for (i = gv_doc_first(doc, blobs); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		struct gv_store_stat stat = { 0 };

		if (!is_element(doc, i, "Blob"))
			continue;
		props = child(doc, i, "Properties");
		if ((r = read_key(l, child(doc, i, "Name"))) < 0 ||
		    (r = read_stat(l, &stat, props, azure_names)) < 0)
			break;
		text = says(&l->text, doc, child(doc, props, "Content-MD5"));
		if (text)
			gv_store_form_md5(&stat, text);
		r = l->fn(l->ctx, l->key.p, &stat);
	}
	return r;
}

/* Of the properties only those count that the server says it has. */
static uint32_t
found_props(const struct gv_doc *doc, uint32_t response, struct gv_buf *b)
{
	const char *status;
	uint32_t i;

	for (i = gv_doc_first(doc, response); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		if (!is_element(doc, i, "propstat") ||
		    doc->nodes[i].kind != GV_DOC_MAP)
			continue;
		status = says(b, doc, child(doc, i, "status"));
		if (status && strstr(status, " 200"))
			return child(doc, i, "prop");
	}
	return GV_DOC_NONE;
}

static int
list_dav(struct listing *l, uint32_t top)
{
	static const char *const names[] = { "getcontentlength",
		"getlastmodified", "getetag" };
	const struct gv_doc *doc = l->doc;
	uint32_t prop, i;
	int r = 0;

	top = child(doc, top, "multistatus");
	if (top == GV_DOC_NONE)
		return GV_ECORRUPT;
	l->is_escaped = true;
	if (doc->nodes[top].kind == GV_DOC_SCALAR)
		return 0;
	for (i = gv_doc_first(doc, top); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		struct gv_store_stat stat = { 0 };

		if (!is_element(doc, i, "response"))
			continue;
		if (doc->nodes[i].kind != GV_DOC_MAP)
			return GV_ECORRUPT;
		prop = found_props(doc, i, &l->text);
		if ((r = read_key(l, child(doc, i, "href"))) < 0)
			break;
		if (child(doc, child(doc, prop, "resourcetype"),
			"collection") != GV_DOC_NONE) {
			if (l->key.len == 0 || l->key.p[l->key.len - 1] != '/')
				gv_buf_addch(&l->key, '/');
			r = gv_buf_check(&l->key);
		} else {
			r = read_stat(l, &stat, prop, names);
		}
		if (r == 0)
			r = l->fn(l->ctx, l->key.p, &stat);
	}
	return r;
}

int
gv_store_xml_list(struct gv_store_xml_page *page, enum gv_store_xml_form form,
    const void *xml, size_t len, gv_store_xml_fn *fn, void *ctx)
{
	struct gv_doc doc = { 0 };
	struct listing l = { .doc = &doc,
		.page = page,
		.fn = fn,
		.ctx = ctx,
		.key = GV_BUF_INIT,
		.text = GV_BUF_INIT };
	uint32_t top;
	int r;

	page->has_more = false;
	gv_buf_reset(&page->next);
	if ((r = read_doc(&doc, xml, len)) < 0)
		return r;
	top = gv_doc_first(&doc, GV_DOC_NONE);
	if (top == GV_DOC_NONE)
		r = GV_ECORRUPT;
	else if (form == GV_STORE_XML_S3)
		r = list_s3(&l, top);
	else if (form == GV_STORE_XML_AZURE)
		r = list_azure(&l, top);
	else
		r = list_dav(&l, top);
	if (r == 0)
		r = gv_buf_check(&page->next);
	gv_buf_release(&l.key);
	gv_buf_release(&l.text);
	gv_doc_release(&doc);
	return r;
}

/* ---- versions ---- */

/* The text of the first of these elements below `node`, or NULL. */
static const char *
says_one(struct listing *l, uint32_t node, const char *name, const char *other)
{
	uint32_t at = child(l->doc, node, name);

	return says(&l->text, l->doc,
	    at != GV_DOC_NONE ? at : child(l->doc, node, other));
}

static int
take_version(struct listing *l, uint32_t node, gv_store_version_fn *fn)
{
	static const char *const names[] = { "Size", "LastModified", "ETag" };
	struct gv_store_version v = { .is_marker = is_element(
					  l->doc, node, "DeleteMarker") };
	struct gv_buf id = GV_BUF_INIT;
	const char *text;
	int r = read_key(l, child(l->doc, node, "Key"));

	if (r == 0 && !v.is_marker)
		r = read_stat(l, &v.stat, node, names);
	text = says_one(l, node, "VersionId", "Generation");
	if (r == 0 && (text == NULL || *text == '\0'))
		r = GV_ECORRUPT;
	gv_buf_addstr(&id, text ? text : "");
	text = says_one(l, node, "IsLatest", "IsCurrent");
	v.is_current = text && strcmp(text, "true") == 0;
	if (r == 0 && (r = gv_buf_check(&id)) == 0) {
		v.name = l->key.p;
		v.id = id.p;
		r = fn(l->ctx, &v);
	}
	gv_buf_release(&id);
	return r;
}

static int
list_versions(struct listing *l, struct gv_store_xml_versions *page,
    uint32_t top, gv_store_version_fn *fn)
{
	const struct gv_doc *doc = l->doc;
	const char *text = says(&l->text, doc, child(doc, top, "EncodingType"));
	uint32_t i;
	int r = 0;

	l->is_escaped = text && strcmp(text, "url") == 0;
	text = says(&l->text, doc, child(doc, top, "IsTruncated"));
	page->has_more = text && strcmp(text, "true") == 0;
	if (page->has_more) {
		uint32_t next = child(doc, top, "NextKeyMarker");

		if (next == GV_DOC_NONE)
			next = child(doc, top, "NextMarker");
		if (next == GV_DOC_NONE || (r = read_key(l, next)) < 0)
			return r < 0 ? r : GV_ECORRUPT;
		gv_buf_addstr(&page->key, l->key.p);
		text = says_one(
		    l, top, "NextVersionIdMarker", "NextGenerationMarker");
		gv_buf_addstr(&page->id, text ? text : "");
	}
	if (doc->nodes[top].kind == GV_DOC_SCALAR)
		return 0;
	for (i = gv_doc_first(doc, top); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		if (is_element(doc, i, "Version") ||
		    is_element(doc, i, "DeleteMarker"))
			r = take_version(l, i, fn);
		else if (is_element(doc, i, "Contents"))
			page->is_list = true;
	return r;
}

static bool
is_true(struct listing *l, uint32_t node)
{
	const char *text = says(&l->text, l->doc, node);

	return text && strcmp(text, "true") == 0;
}

/* When Azure lets go of what was deleted: it tells whole days, so that one more
 * is added. */
static int64_t
read_days(struct listing *l, uint32_t props, int64_t now)
{
	uint64_t days;

	if (!read_size(&days,
		says(&l->text, l->doc,
		    child(l->doc, props, "RemainingRetentionDays"))) ||
	    days > MOST_DAYS)
		return 0;
	return now + (int64_t)(days + 1) * DAY;
}

static int
take_blob(
    struct listing *l, uint32_t node, int64_t now, gv_store_version_fn *fn)
{
	const struct gv_doc *doc = l->doc;
	const uint32_t props = child(doc, node, "Properties");
	struct gv_store_version v = { .is_current = true };
	struct gv_buf id = GV_BUF_INIT;
	const char *text;
	int r = read_key(l, child(doc, node, "Name"));

	if (r == 0)
		r = read_stat(l, &v.stat, props, azure_names);
	text = says(&l->text, doc, child(doc, node, "VersionId"));
	if (text && *text) {
		gv_buf_addf(&id, "versionid=%s", text);
		v.is_current = is_true(l, child(doc, node, "IsCurrentVersion"));
	}
	text = says(&l->text, doc, child(doc, node, "Snapshot"));
	if (text && *text) {
		gv_buf_reset(&id);
		gv_buf_addf(&id, "snapshot=%s", text);
		v.is_current = false;
	}
	v.is_deleted = is_true(l, child(doc, node, "Deleted"));
	if (v.is_deleted) {
		v.is_current = false;
		v.stat.locked_until = read_days(l, props, now);
	}
	if (r == 0 && (r = gv_buf_check(&id)) == 0) {
		v.name = l->key.p;
		v.id = id.len ? id.p : "";
		r = fn(l->ctx, &v);
	}
	gv_buf_release(&id);
	return r;
}

static int
list_blobs(struct listing *l, struct gv_store_xml_versions *page, uint32_t top,
    gv_store_version_fn *fn)
{
	const struct gv_doc *doc = l->doc;
	const uint32_t blobs = child(doc, top, "Blobs");
	const char *text = says(&l->text, doc, child(doc, top, "NextMarker"));
	uint32_t i;
	int r = 0;

	if (blobs == GV_DOC_NONE)
		return GV_ECORRUPT;
	if (text)
		gv_buf_addstr(&page->key, text);
	page->has_more = page->key.len > 0;
	if (doc->nodes[blobs].kind == GV_DOC_SCALAR)
		return 0;
	for (i = gv_doc_first(doc, blobs); r == 0 && i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		if (is_element(doc, i, "Blob"))
			r = take_blob(l, i, page->now, fn);
	return r;
}

/* The versions of S3 and of Google; or a list of objects, of a server that does
 * not know the question. */
static int
list_bucket(struct listing *l, struct gv_store_xml_versions *page, uint32_t top,
    gv_store_version_fn *fn)
{
	uint32_t at = child(l->doc, top, "ListVersionsResult");

	if (at == GV_DOC_NONE && top != GV_DOC_NONE) {
		at = child(l->doc, top, "ListBucketResult");
		page->is_list = at != GV_DOC_NONE &&
		    child(l->doc, at, "Version") == GV_DOC_NONE;
	}
	return at == GV_DOC_NONE ? GV_ECORRUPT
	    : page->is_list      ? 0
				 : list_versions(l, page, at, fn);
}

int
gv_store_xml_versions(struct gv_store_xml_versions *page, const void *xml,
    size_t len, gv_store_version_fn *fn, void *ctx)
{
	struct gv_doc doc = { 0 };
	struct listing l = {
		.doc = &doc, .ctx = ctx, .key = GV_BUF_INIT, .text = GV_BUF_INIT
	};
	uint32_t top, at;
	int r;

	page->has_more = page->is_list = false;
	gv_buf_reset(&page->key);
	gv_buf_reset(&page->id);
	if ((r = read_doc(&doc, xml, len)) < 0)
		return r;
	top = gv_doc_first(&doc, GV_DOC_NONE);
	at = child(&doc, top, "EnumerationResults");
	r = at == GV_DOC_NONE ? list_bucket(&l, page, top, fn)
			      : list_blobs(&l, page, at, fn);
	if (r == 0)
		r = gv_buf_check(&page->key);
	if (r == 0)
		r = gv_buf_check(&page->id);
	gv_buf_release(&l.key);
	gv_buf_release(&l.text);
	gv_doc_release(&doc);
	return r;
}
