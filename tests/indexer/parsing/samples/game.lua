#!/usr/bin/env lua
local json = require("json")

local Player = {}
Player.__index = Player

function Player.new(name, lives)
  local self = setmetatable({}, Player)
  self.name, self.lives = name, lives
  return self
end

function Player:hit(points)
  --[[ a long
       comment ]]
  self.lives = self.lives - points
  if self.lives <= 0 then print([[it's over]]) end
  return self.lives
end

local function clamp(value, low, high)
  if value < low then return low end
  if value > high then return high end
  return value
end

Player.heal = function(self, points)
  self.lives = clamp(self.lives + points, 0, 100)
  return self
end

local player = Player.new("Ann", 3)
for round = 1, 3 do
  player:hit(round)
end
print(json.encode(player))
