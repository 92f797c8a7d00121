#ifndef GV_DER_H
#define GV_DER_H
/*
 * Private keys and keystores as bytes, told by their structure (X.690) or first
 * bytes, whatever the file is called. What is in PEM begins with a line that
 * says so, and has rules of its own.
 *
 *	const char *id = gv_der_rule(data, len);	"pem-pkcs8", or NULL
 */

#include <stdbool.h>
#include <stddef.h>

/* The id of the rule for what all of these bytes are: that of the same key in
 * PEM, or of the keystore; NULL: they are neither. */
const char *gv_der_rule(const void *data, size_t len);

/* Whether a keystore, of Java or of PKCS 12, has certificates alone: all of it
 * is public. */
bool gv_der_is_truststore(const void *data, size_t len);

#endif
