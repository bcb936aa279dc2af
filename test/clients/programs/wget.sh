# Prints the status of a login, a guarded request, a logout and a guarded request. The second argument is a new cookie jar.
request() {
  wget --quiet --no-check-certificate --no-proxy --load-cookies "$3" --save-cookies "$3" --keep-session-cookies \
    --method "$1" --server-response --output-document /dev/null "$2" 2>&1 | sed -n 's/^ *HTTP\/1.1 \([0-9]*\).*/\1/p'
}
touch "$2"
request POST "$1/login" "$2"
request GET "$1/me" "$2"
request POST "$1/logout" "$2"
request GET "$1/me" "$2"
