-- Reads the server name in a TLS hello (RFC 8446, 4.1.2 and RFC 6066, 3), also one that is split over records, which
-- HAProxy's own req.ssl_sni takes for something else. What a server could read in another way is refused: a name twice,
-- bytes that are left over, lengths that do not fit.

local most_bytes = 15000 -- longer hellos do not fit into HAProxy's buffer

-- Returns the handshake message without the records around it, or nil and the reason.
local function unwrap(data)
  local at, message = 1, ""
  while true do
    if data:byte(at) and data:byte(at) ~= 22 then return nil, "plain" end
    if #data < at + 4 then return nil, "incomplete" end
    local major, length = data:byte(at + 1), string.unpack(">I2", data, at + 3)
    if major ~= 3 or length == 0 or #message + length > most_bytes then return nil, "broken" end
    if #data < at + 4 + length then return nil, "incomplete" end
    message = message .. data:sub(at + 5, at + 4 + length)
    at = at + 5 + length
    if #message >= 4 then
      local kind, high, low = string.unpack(">BBI2", message)
      local whole = 4 + high * 65536 + low
      if kind ~= 1 or whole > most_bytes or #message > whole then return nil, "broken" end
      if #message == whole then return message end
    end
  end
end

local function server_name(list)
  local names = string.unpack(">s2", list)
  local kind, name = string.unpack(">Bs2", names)
  if #names + 2 ~= #list or #name + 3 ~= #names or kind ~= 0 then error("odd") end
  return name
end

-- Returns the name, or nil. Raises an error where the lengths do not fit.
local function named_in(message)
  local _, _, _, at = string.unpack(">s1s2s1", message, 39)
  if at > #message then return nil end
  local extensions, after = string.unpack(">s2", message, at)
  if after ~= #message + 1 then error("odd") end
  local name
  at = 1
  while at <= #extensions do
    local kind, content
    kind, content, at = string.unpack(">I2s2", extensions, at)
    if kind == 0 then
      if name then error("odd") end
      name = server_name(content)
    end
  end
  return name
end

-- Returns what the hello is: named, unnamed, incomplete, plain or broken; and the name.
local function read(data)
  local message, reason = unwrap(data)
  if not message then return reason end
  local fits, name = pcall(named_in, message)
  if not fits then return "broken" end
  return name and "named" or "unnamed", name
end

if core then
  -- The firewall's main process kills a gate whose time stands still.
  core.register_task(function()
    while true do
      local file = io.open("/run/aidevcontainer/gate/alive", "w")
      if file then file:write(os.time(), "\n"):close() end
      core.sleep(1)
    end
  end)
  -- As "VERDICT NAME". The name is as the list has it, and what could end a word is a question mark.
  core.register_fetches("hello", function(txn)
    local verdict, name = read(txn.f:req_payload(0, 0) or "")
    return verdict .. " " .. (name or ""):lower():gsub("%.$", ""):gsub("[^!-~]", "?")
  end)
end
return read
