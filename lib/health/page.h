#ifndef GV_PAGE_H
#define GV_PAGE_H
/*
 * A vault's health as one page of HTML that stands alone: it loads nothing and
 * runs nothing. Its policy allows its own style and nothing
 * else, so that no text of the repository can become anything but text. Pure.
 *
 *	r = gv_page_html(&text, &health, PACKAGE_VERSION);
 */

struct gv_buf;
struct gv_health;

/* Append it. 0 or GV_ENOMEM. */
int gv_page_html(
    struct gv_buf *out, const struct gv_health *health, const char *version);

#endif
