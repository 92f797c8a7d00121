#include "serve/serve_page.h"

#include <stdarg.h>
#include <string.h>

#include "sys/shared.h"

void
gv_serve_page_say(
    struct gv_serve_page *page, unsigned status, const char *fmt, ...)
{
	va_list ap;

	page->status = status;
	page->type = NULL;
	page->held = NULL;
	gv_secret_release(&page->secret);
	gv_buf_reset(&page->text);
	va_start(ap, fmt);
	gv_buf_vaddf(&page->text, fmt, ap);
	va_end(ap);
	gv_buf_addch(&page->text, '\n');
}

const char *
gv_serve_page_bytes(size_t *len, const struct gv_serve_page *page)
{
	if (page->held) {
		*len = page->held_len;
		return page->held;
	}
	if (page->secret.len) {
		*len = page->secret.len;
		return (const char *)page->secret.p;
	}
	*len = page->text.len;
	return page->text.p;
}

void
gv_serve_page_release(struct gv_serve_page *page)
{
	gv_secret_release(&page->secret);
	gv_buf_release(&page->text);
	gv_shared_put(page->share);
	page->share = NULL;
	page->held = NULL;
}
