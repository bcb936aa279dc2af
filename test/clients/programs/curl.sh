# Prints the status of a login, a guarded request, a logout and a guarded request. The second argument is a new cookie jar.
request() {
  curl --silent --insecure --noproxy '*' --cookie "$3" --cookie-jar "$3" --request "$1" --output /dev/null \
    --write-out '%{http_code}\n' "$2"
}
request POST "$1/login" "$2"
request GET "$1/me" "$2"
request POST "$1/logout" "$2"
request GET "$1/me" "$2"
